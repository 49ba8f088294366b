import { z } from 'zod'
import { DURABILITIES } from '../../core/durability-level.ts'
import { PRIORITIES } from '../../core/priority.ts'
import { MISSED, OVERLAP } from '../../core/schedules.ts'
import { STATE_NAMES } from '../../core/states.ts'

/** What the routes answer with, for the description of the API. Nothing is checked against it while a daemon runs. */
export const time = z.string().meta({ format: 'date-time' })
const count = z.int().min(0)
const name = z.string()
const priority = z.enum(PRIORITIES)
const state = z.enum(STATE_NAMES)
const anyJson = z.unknown()

/** A list of which there may be more. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('continues the list; null at its end'),
  })

export const errorReply = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe('a word that stays the same'),
      message: z.string(),
      details: z.array(z.string()).optional().describe('the fields it is about'),
    }),
  })
  .meta({ id: 'Error' })

const attempt = z
  .strictObject({
    attempt: count,
    at: time.optional(),
    worker: z.string().optional(),
    reason: z.string(),
    message: z.string(),
    stack: z.string().optional(),
  })
  .meta({ id: 'Attempt' })

const encrypted = z
  .string()
  .optional()
  .describe('the key it is encrypted with; what that hides reads `<encrypted kid=…>`')

const task = {
  id: z.string(),
  type: name,
  queue: name,
  priority,
  state,
  attempt: count.describe('attempts begun'),
  max_retries: count.nullable().describe('null: the policy of its worker decides'),
  payload: anyJson.optional().describe('absent when it is no longer kept'),
  encrypted,
  created_at: time.nullable().describe('null when it is not known'),
  run_at: time.nullable().describe('when it is or was due; null: at once'),
  started_at: time.optional(),
  finished_at: time.optional(),
  worker: z.string().optional(),
  lease_expires_at: time.optional(),
  cancel_requested: z.literal(true).optional(),
  progress: z.number().optional(),
  idempotency_key: z.string().optional(),
  trace_id: z.string().optional().describe('the W3C trace it belongs to'),
  error: attempt.optional().describe('the newest of attempts'),
  attempts: z.array(attempt).optional().describe('those that did not end well, the newest first'),
  result: anyJson.optional(),
}
export const taskReply = z.strictObject(task).meta({ id: 'Task' })

const relative = z
  .strictObject({ id: z.string(), queue: name, type: name.optional(), state: z.enum([...STATE_NAMES, 'gone']) })
  .meta({ id: 'Relative' })
export const relatedTaskReply = z
  .strictObject({ ...task, parents: z.array(relative).optional(), children: z.array(relative).optional() })
  .meta({ id: 'TaskWithRelations' })

const outcome = z
  .enum(['enqueued', 'duplicate', 'replaced'])
  .describe('duplicate, replaced: the id is of the task that was there')
const durability = z
  .enum(DURABILITIES)
  .describe('what was reached, where more than memory was asked for; memory: not in time')
const accepted = { id: z.string(), outcome, durability: durability.optional() }
export const acceptedReply = z
  .strictObject({ ...accepted, warning: z.string().optional().describe('no live worker knows the type') })
  .meta({ id: 'Accepted' })
export const batchReply = z.array(z.union([acceptedReply, errorReply]))
export const flowReply = z.strictObject({
  nodes: z.record(z.string(), z.strictObject({ ...accepted, queue: name })).describe('by the keys of the nodes'),
})

/** What became of one thing. */
export const outcomeOf = <const W extends readonly [string, ...string[]]>(
  words: W,
  of: Readonly<Record<string, z.ZodType>>,
) => z.strictObject({ ...of, outcome: z.enum(words) })

const perPriority = z.strictObject({ high: count, default: count, low: count })
export const queueReply = z
  .strictObject({
    name,
    paused: z.boolean(),
    paused_by: z.string().optional(),
    pending: perPriority,
    scheduled: count,
    blocked: count,
    limited: count,
    active: count,
    dead: count,
    completed: count.describe('since the queue began'),
    kept_results: count,
    trash: count,
    oldest_pending_ms: z.number().nullable(),
    rates: z
      .strictObject({ enqueued: z.number(), completed: z.number(), failed: z.number() })
      .describe('a second, over the last ten'),
  })
  .meta({ id: 'Queue' })

export const leaseReply = z
  .strictObject({
    id: z.string(),
    type: name,
    queue: name,
    priority,
    worker: z.string(),
    attempt: count,
    claimed_at: time,
    lease_expires_at: time,
    deadline_at: time,
    alone: z.literal(true).optional().describe('a suspect, by itself in its process'),
    cancel_requested: z.literal(true).optional(),
  })
  .meta({ id: 'Lease' })

export const workerReply = z
  .strictObject({
    id: z.string(),
    host: z.string(),
    pid: count,
    version: z.string(),
    format: count.describe('the newest format of stored data that it knows'),
    queues: z.array(name),
    roles: z.array(z.string()),
    slots: count,
    busy: count,
    completed: count,
    failed: count,
    started_at: time,
    beat_at: time,
    quiet: z.boolean(),
    silent: z.boolean(),
    types: z.array(name),
    key_ids: z.array(name).optional().describe('of the keys for payloads that it has; absent without any'),
  })
  .meta({ id: 'Worker' })

export const countersReply = z
  .strictObject({
    enqueued: count,
    dequeued: count,
    completed: count,
    failed: count.describe('attempts'),
    retried: count,
    dead: count,
    cancelled: count,
    reclaimed: count,
    replayed: count,
    purged: count,
    stale: count,
  })
  .meta({ id: 'Counters' })

export const statsReply = z.strictObject({
  queues: z.array(queueReply),
  totals: countersReply,
  workers: z.strictObject({ live: count, silent: count }),
  redis: z.strictObject({
    version: z.string(),
    used_memory_bytes: count,
    max_memory_bytes: count.describe('0: no limit'),
    evicted_keys: count,
    latency_ms: z.number(),
    clock_skew_ms: z.number(),
  }),
  ledger: z.strictObject({ ok: z.boolean(), drift: z.array(z.string()) }),
})

const run = z
  .strictObject({
    what: z.enum(['fired', 'triggered', 'missed', 'overlap']),
    slot: time,
    at: time,
    count,
    id: z.string().optional(),
    state: state.optional(),
  })
  .meta({ id: 'ScheduleRun' })
export const scheduleReply = z
  .strictObject({
    name,
    spec: z.string(),
    time_zone: z.string(),
    type: name,
    queue: name,
    priority,
    payload: anyJson,
    encrypted,
    start: time.optional(),
    end: time.optional(),
    enabled: z.boolean(),
    missed: z.enum(MISSED),
    overlap: z.enum(OVERLAP),
    jitter_ms: count,
    source: z.string().optional().describe('the file that declares it'),
    created_at: time,
    next_run_at: time.optional(),
    waits: z.literal(true).optional().describe('a run waits for the one before to end'),
    last_run: run.optional(),
    runs: z.array(run).optional(),
  })
  .meta({ id: 'Schedule' })
