import { z } from 'zod'
import { PARENTS_MOST, POLICIES } from '../../core/depend.ts'
import { ID, NAME } from '../../core/keys.ts'
import type { NewTaskItem } from '../../core/client.ts'
import { DURABILITIES } from '../../core/durability-level.ts'
import { RATE_LEAST, RATE_MOST } from '../../core/operations.ts'
import { PRIORITIES } from '../../core/priority.ts'
import { MISSED, OVERLAP } from '../../core/schedules.ts'
import { TRACEPARENT } from '../../core/traceparent.ts'
import { uniqueFromWire, uniqueWire } from '../../core/unique-wire.ts'
import { STATE_NAMES } from '../../core/states.ts'
import type { Json } from '../../core/task.ts'

const NAME_RULE = 'has to be 1 to 64 letters, digits, . _ : or -, beginning with a letter or digit'
const YEAR_MS = 366 * 86_400_000

export const name = z.string('is missing').regex(NAME, NAME_RULE)
const id = z.string().regex(ID, 'has to be 1 to 128 letters, digits, . _ : or -')
export const ms = (max: number): z.ZodNumber =>
  z
    .number(`has to be a number of milliseconds`)
    .int('has to be whole')
    .min(0, 'has to be 0 or more')
    .max(max, `has to be at most ${max}`)

const TIME_RULE = 'has to be a time such as 2026-01-31T09:00:00Z'
/** The year 2243: what lies beyond it is a slip of the keyboard. */
const LATEST_MS = 8.64e12

/** RFC 3339. */
const time = z.iso.datetime({ offset: true, error: TIME_RULE, abort: true }).refine((text) => {
  const atMs = Date.parse(text)
  return atMs >= 0 && atMs <= LATEST_MS
}, 'lies before 1970 or after 2243')

const priority = z.enum(PRIORITIES, `has to be one of ${PRIORITIES.join(', ')}`)

/** A list that is not read when it is too long: to tell what is wrong with each of its parts takes its time. */
const listOf = <T extends z.ZodType>(item: T, most: number, rule: string, tooLong: string) =>
  z.preprocess(
    (value, context) => {
      if (!Array.isArray(value) || value.length <= most) return value
      context.addIssue({ code: 'custom', message: tooLong, input: undefined })
      return z.NEVER
    },
    z.array(item, rule).max(most, tooLong),
  )

/** Any JSON; the parser of the body made sure of that. */
const payload = z
  .unknown()
  .default(null)
  .transform((value) => value as Json)

export const policy = z.enum(POLICIES, `has to be one of ${POLICIES.join(', ')}`)
const parent = z
  .strictObject({ id, queue: name.optional(), on_failure: policy.optional() }, 'has to be an id, or an object with id')
  .transform(({ on_failure: onFailure, ...rest }) => ({ ...rest, onFailure }))

export const taskBody = z
  .strictObject(
    {
      type: name,
      payload,
      queue: name.optional(),
      priority: priority.optional(),
      delay_ms: ms(YEAR_MS).optional(),
      execute_at: time.optional(),
      max_retries: z
        .number('has to be a number')
        .int('has to be whole')
        .min(0, 'has to be 0 or more')
        .max(1_000, 'has to be at most 1000')
        .optional(),
      timeout_ms: ms(30 * 86_400_000)
        .min(1, 'has to be 1 or more')
        .optional(),
      id: id.optional(),
      idempotency_key: z
        .string('has to be text')
        .min(1, 'is empty')
        .max(512, 'has to be at most 512 characters')
        .optional(),
      result_ttl_ms: ms(YEAR_MS).optional(),
      limit_key: z.string('has to be text').min(1, 'is empty').max(512, 'has to be at most 512 characters').optional(),
      traceparent: z.string().regex(TRACEPARENT, 'is no W3C traceparent').optional(),
      depends_on: listOf(
        z.union([id, parent], 'has to be an id, or an object with id'),
        PARENTS_MOST,
        'has to be a list of ids',
        `has to be at most ${PARENTS_MOST} parents`,
      ).optional(),
      on_parent_failure: policy.optional(),
      unique: uniqueWire.optional(),
      durability: z.enum(DURABILITIES, `has to be one of ${DURABILITIES.join(', ')}`).optional(),
    },
    'has to be an object with type and payload',
  )
  .refine(
    (task) => task.delay_ms === undefined || task.execute_at === undefined,
    'give either delay_ms or execute_at, not both',
  )

export type TaskBody = z.output<typeof taskBody>

export const toItem = (task: TaskBody): NewTaskItem => ({
  type: task.type,
  payload: task.payload,
  queue: task.queue,
  priority: task.priority,
  delay: task.delay_ms,
  runAt: task.execute_at,
  maxRetries: task.max_retries,
  timeout: task.timeout_ms,
  id: task.id,
  idempotencyKey: task.idempotency_key,
  resultTtl: task.result_ttl_ms,
  limitKey: task.limit_key,
  traceparent: task.traceparent,
  dependsOn: task.depends_on,
  onParentFailure: task.on_parent_failure,
  unique: task.unique && uniqueFromWire(task.unique),
  durability: task.durability,
})

export const batchBody = z.array(z.unknown(), 'has to be an array of tasks')
/** For the description: those that are none get an error of their own. */
export const describedBatch = z.array(taskBody).max(1_000)

const limit = z
  .string()
  .regex(/^\d{1,4}$/, 'has to be a number from 1 to 500')
  .transform(Number)
  .refine((n) => n >= 1 && n <= 500, 'has to be a number from 1 to 500')
  .default(100)

const cursor = z.string().max(300, 'is no cursor of a page before').optional()
const queue = name.default('default')

export const listQuery = z.strictObject({
  queue,
  state: z.enum(STATE_NAMES, `has to be one of ${STATE_NAMES.join(', ')}`).default('pending'),
  type: name.optional(),
  cursor,
  limit,
})

export const deadQuery = z.strictObject({
  queue,
  type: name.optional(),
  error: z.string().max(256, 'has to be at most 256 characters').optional(),
  before: time.optional(),
  after: time.optional(),
  cursor,
  limit,
})

export const leasesQuery = z.strictObject({
  queue: name.optional(),
  cursor: z
    .string()
    .regex(/^\d{1,6}$/, 'is no cursor of a page before')
    .optional(),
  limit,
})
export const queueQuery = z.strictObject({ queue: name.optional() })
export const idQuery = z.strictObject({ id, queue: name.optional() })
export const noQuery = z.strictObject({})

const ids = listOf(id, 1_000, 'has to be a list of ids', 'has to be at most 1000 ids').refine(
  (list) => list.length > 0,
  'is empty',
)
const SELECTION_RULE = 'has to be an object with queue, and ids or filter'
const selection = {
  queue,
  ids: ids.optional(),
  filter: z.string('has to be text').min(1, 'is empty').max(2_000, 'has to be at most 2000 characters').optional(),
  dry_run: z.boolean('has to be true or false').optional(),
}
const isOne = ({ ids: some, filter }: { readonly ids?: unknown; readonly filter?: unknown }): boolean =>
  (some === undefined) !== (filter === undefined)
const ONE_RULE = 'give either ids or filter; for every dead task begin an operation without a filter'
export const replayBody = z.strictObject(selection, SELECTION_RULE).refine(isOne, ONE_RULE)
export const purgeBody = z
  .strictObject({ ...selection, now: z.boolean('has to be true or false').optional() }, SELECTION_RULE)
  .refine(isOne, ONE_RULE)
export const undoBody = z
  .strictObject(
    { queue, ids: ids.optional(), operation: z.string('has to be text').max(64).optional() },
    'has to be an object with queue, and ids or operation',
  )
  .refine((body) => body.ids === undefined || body.operation === undefined, 'give ids or operation, not both')

export const oneQueue = z.strictObject({ queue }, 'has to be an object with queue')
export const operationBody = z.strictObject(
  {
    queue,
    kind: z.enum(['replay', 'purge'], 'has to be replay or purge'),
    filter: z.string().max(2_000, 'has to be at most 2000 characters').optional(),
    rate: z
      .number('has to be a number of tasks a second')
      .min(RATE_LEAST, `has to be at least ${RATE_LEAST}`)
      .max(RATE_MOST, `has to be at most ${RATE_MOST}`)
      .optional(),
    now: z.boolean('has to be true or false').optional(),
  },
  'has to be an object with queue and kind',
)

const schedule = {
  spec: z.string('is missing').min(1, 'is empty').max(200, 'has to be at most 200 characters'),
  time_zone: z.string('has to be text').max(100).optional(),
  type: name,
  queue: name.optional(),
  priority: priority.optional(),
  payload,
  start: time.optional(),
  end: time.optional(),
  enabled: z.boolean('has to be true or false').optional(),
  missed: z.enum(MISSED, `has to be one of ${MISSED.join(', ')}`).optional(),
  overlap: z.enum(OVERLAP, `has to be one of ${OVERLAP.join(', ')}`).optional(),
  jitter_ms: ms(YEAR_MS).optional(),
}
export const scheduleBody = z.strictObject(
  { ...schedule, name: name.optional() },
  'has to be an object with spec and type',
)
/** Its name is in the path. */
export const namedScheduleBody = z.strictObject(schedule, 'has to be an object with spec and type')

/** `POST /enqueue` of an earlier design: priorities are numbers. */
export const enqueueBody = z.strictObject(
  { type: name, payload, priority: z.literal([0, 1, 2], 'has to be 2 (high), 1 (default) or 0 (low)').default(1) },
  'has to be an object with type and payload',
)
export const NUMBERED = ['low', 'default', 'high'] as const
