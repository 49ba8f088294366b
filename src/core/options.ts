import { z } from 'zod'
import { checkDepend, type DependOptions, dependShape, edgeText } from './depend-option.ts'
import { edgesOf } from './depend.ts'
import { DURABILITIES, type Durability } from './durability-level.ts'
import type { Protection } from './encryption/protection.ts'
import { contentHash, encodeEnvelope, type NewEnvelope, plainEnvelope, sha1 } from './envelope.ts'
import { DqError } from './errors.ts'
import { ID, NAME } from './keys.ts'
import { limitKeyOf, type TypeLimits } from './limit-rules.ts'
import { DEFAULTS } from './limits.ts'
import { encodePayload } from './payload.ts'
import { isPriority, PRIORITIES, type Priority } from './priority.ts'
import { duration, instant } from './time-options.ts'
import { TRACEPARENT } from './traceparent.ts'
import { refuseOwnId, type Unique, type UniqueOptions, uniqueSchema, uniqueSha } from './unique.ts'
import type { NewTask } from './verbs.ts'

/** How one task is to be run; everything is optional. Durations are ms, or text such as `'30s'`. */
export interface EnqueueOptions extends DependOptions {
  /**
   * Makes the call idempotent: the same id with the same content is a duplicate, with other content a conflict. Payloads
   * that are encrypted are not compared.
   */
  readonly id?: string | undefined
  readonly queue?: string | undefined
  readonly priority?: Priority | undefined
  /** Wait this long first. */
  readonly delay?: number | string | undefined
  /** Wait until then: a Date, ms since the epoch, or RFC 3339. */
  readonly runAt?: Date | number | string | undefined
  readonly maxRetries?: number | undefined
  readonly timeout?: number | string | undefined
  /** While a task with this key lives or has succeeded lately, another one is a duplicate of it. */
  readonly idempotencyKey?: string | undefined
  /** How long its record is kept after the end; 0 keeps none. */
  readonly resultTtl?: number | string | undefined
  /** Whose share of the limits of its type it takes; default: what the definition's `key` makes of the payload. */
  readonly limitKey?: string | undefined
  /** W3C trace context that its runs are to continue. Default: that of this call, where OpenTelemetry traces it. */
  readonly traceparent?: string | undefined
  /** At most one such task within a time. */
  readonly unique?: UniqueOptions | undefined
  /** Where it has to be before the call is answered; the answer says what was reached. Default `memory`. */
  readonly durability?: Durability | undefined
}

const name = (what: string): z.ZodString =>
  z.string().regex(NAME, `${what} has to be 1 to 64 letters, digits, . _ : or -, beginning with a letter or digit`)

const Options = z.strictObject({
  id: z.string().regex(ID, 'an id has to be 1 to 128 letters, digits, . _ : or -').optional(),
  queue: name('a queue name').optional(),
  priority: z.enum(PRIORITIES, `priority has to be one of ${PRIORITIES.join(', ')}`).optional(),
  delay: duration('delay').optional(),
  runAt: instant.optional(),
  maxRetries: z.number().int().min(0).max(1_000).optional(),
  timeout: duration('timeout')
    .refine((ms) => ms > 0, 'timeout has to be longer than 0')
    .optional(),
  idempotencyKey: z.string().min(1).max(512).optional(),
  resultTtl: duration('resultTtl').optional(),
  limitKey: z.string().min(1).max(512).optional(),
  traceparent: z.string().regex(TRACEPARENT, 'is no traceparent').optional(),
  ...dependShape,
  unique: uniqueSchema.optional(),
  durability: z.enum(DURABILITIES, `durability has to be one of ${DURABILITIES.join(', ')}`).optional(),
})

/** What a task gets where its options are silent: from its definition, or from what workers registered for its type. */
export interface TypeDefaults {
  readonly queue?: string | undefined
  readonly priority?: Priority | undefined
  readonly limits?: Pick<TypeLimits, 'key'> | undefined
  readonly unique?: Unique | undefined
}

export interface Prepared {
  readonly queue: string
  readonly task: NewTask
}

type Given = z.output<typeof Options>

/** Whether there is nothing but a queue and a priority that can be: most tasks. Anything else goes through the schema. */
function isPlain(options: EnqueueOptions): boolean {
  for (const key in options) {
    const value = options[key as keyof EnqueueOptions]
    if (value === undefined) continue
    if (key === 'queue' ? typeof value !== 'string' || !NAME.test(value) : key !== 'priority' || !isPriority(value))
      return false
  }
  return true
}

/** A message says at most once what it is about. */
const named = (field: string, message: string): string =>
  message.startsWith(`${field}: `) ? message : `${field}: ${message}`

/** What could have been meant, of the options themselves. */
const there = (path: readonly PropertyKey[]): string =>
  path.length > 0 ? '' : `; there are ${Object.keys(Options.shape).join(', ')}`

function parseOptions(options: EnqueueOptions): Given {
  const parsed = Options.safeParse(options)
  if (parsed.success) {
    if (parsed.data.delay !== undefined && parsed.data.runAt !== undefined)
      throw new DqError('invalid_input', 'give either delay or runAt, not both', { details: ['delay', 'runAt'] })
    checkDepend(parsed.data)
    if (parsed.data.durability !== undefined && parsed.data.dependsOn !== undefined)
      throw new DqError('not_supported', 'durability is not for tasks that depend on others; leave one of them out', {
        details: ['durability', 'dependsOn'],
      })
    return parsed.data
  }
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `unknown option ${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')}${there(issue.path)}`
      : named(issue.path.join('.'), issue.message),
  )
  const details = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')],
  )
  throw new DqError('invalid_input', problems.join('; '), { cause: parsed.error, details })
}

interface Context {
  readonly nextId: () => string
  readonly nowMs: number
  readonly idempotencyTtlMs: number
  /** Undefined: payloads are stored as they are. */
  readonly protection?: Protection | undefined
  /** For what was given none of its own. */
  readonly traceparent?: string | undefined
}

function describe(
  type: string,
  payloadJson: string,
  given: Given,
  { priority = 'default', unique }: TypeDefaults,
  context: Context,
): NewEnvelope {
  return {
    type,
    priority,
    payloadJson,
    // A generated id tells its own time.
    createdAtMs: given.id === undefined ? undefined : context.nowMs,
    runAtMs: given.runAt ?? (given.delay ? context.nowMs + given.delay : undefined),
    maxRetries: given.maxRetries,
    timeoutMs: given.timeout,
    resultTtlMs: given.resultTtl,
    traceparent: given.traceparent ?? context.traceparent,
    idempotencyKey: given.idempotencyKey,
    unique: unique && {
      sha: uniqueSha(type, payloadJson, unique.key, context.protection?.fingerprint),
      forMs: unique.forMs,
    },
    idempotencyTtlMs: context.idempotencyTtlMs === DEFAULTS.idempotencyTtlMs ? undefined : context.idempotencyTtlMs,
  }
}

/** The same as for any other task, without looking for what is not there. */
function plainTask(
  type: string,
  payloadJson: string,
  options: EnqueueOptions,
  defaults: TypeDefaults,
  context: Context,
): Prepared {
  const priority = options.priority ?? defaults.priority ?? 'default'
  const queue = options.queue ?? defaults.queue ?? DEFAULTS.queue
  const { protection, traceparent } = context
  const id = context.nextId()
  const line = protection?.seal(payloadJson, { queue, type, id }) ?? payloadJson
  const task: NewTask = {
    id,
    type,
    priority,
    envelope:
      traceparent === undefined
        ? plainEnvelope(type, priority, line)
        : encodeEnvelope({ type, priority, payloadJson: line, traceparent }),
    when: 'now',
    timeMs: 0,
    idempotencySha: undefined,
    contentHash: undefined,
  }
  return { queue, task }
}

/** Of a payload that is encrypted the hash of a task says nothing: it could be found by trying. */
const compared = (task: NewEnvelope, sealed: string | undefined): NewEnvelope =>
  sealed === undefined ? task : { ...task, payloadJson: '' }

const isName = (value: unknown): boolean => typeof value === 'string' && NAME.test(value)
const shown = (value: unknown): string => String(value).slice(0, 80)

/** Checks names and options and encodes one task. @throws DqError `invalid_input`, `not_supported`, `payload_too_large`. */
export function prepareTask(
  type: string,
  payload: unknown,
  options: EnqueueOptions,
  defaults: TypeDefaults,
  context: Context,
): Prepared {
  if (!isName(type))
    throw new DqError('invalid_input', `type '${shown(type)}' has to be 1 to 64 letters, digits, . _ : or -`, {
      details: ['type'],
    })
  const payloadJson = encodePayload(payload)
  if (defaults.limits?.key === undefined && defaults.unique === undefined && isPlain(options))
    return plainTask(type, payloadJson, options, defaults, context)
  const given = parseOptions(options)
  const queue = given.queue ?? defaults.queue ?? DEFAULTS.queue
  const id = given.id ?? context.nextId()
  const edges = edgesOf(given.dependsOn ?? [], given.onParentFailure ?? 'fail', { queue, id })
  const unique = edges.length > 0 ? undefined : (given.unique ?? defaults.unique)
  refuseOwnId(given.id, unique)
  const described = describe(type, payloadJson, given, { ...defaults, ...given, unique }, context)
  const limitKey = limitKeyOf(payload, given.limitKey, defaults.limits?.key)
  const replaces = unique?.mode === 'replace' ? described.unique?.sha : undefined
  const sealed = context.protection?.seal(payloadJson, { queue, type, id, replaces })
  const hash = given.id === undefined ? undefined : contentHash(compared(described, sealed), edges.map(edgeText))
  const task: NewTask = {
    id,
    type,
    priority: described.priority,
    envelope: encodeEnvelope({ ...described, payloadJson: sealed ?? payloadJson, contentHash: hash, limitKey }),
    when: given.runAt !== undefined ? 'at' : given.delay ? 'in' : 'now',
    timeMs: given.runAt ?? given.delay ?? 0,
    idempotencySha: given.idempotencyKey === undefined ? undefined : sha1(given.idempotencyKey),
    contentHash: hash,
    unique: unique?.mode,
    durability: given.durability,
    ...(edges.length > 0 ? { edges } : {}),
  }
  return { queue, task }
}
