import { z } from 'zod'
import { STATE_NAMES } from '../../core/states.ts'
import { time } from './replies.ts'

/** What the routes about dead tasks, limits, scaling and reasons answer with; see `replies.ts`. */
const count = z.int().min(0)
const name = z.string()

export const groupReply = z
  .strictObject({
    queue: name,
    group: z.string(),
    count,
    first_at: time,
    last_at: time,
    trend: z.array(count).describe('deaths in ten minutes each, the present ones last'),
    type: name,
    reason: z.string(),
    message: z.string(),
  })
  .meta({ id: 'DeadGroup' })

const duplicates = z
  .array(z.strictObject({ id: z.string(), of: z.string().optional() }))
  .optional()
  .describe('those that gave way to a living task with the same idempotency key; of ids only')
/** Of a filter `matched` is what was found so far: the operation goes on until its state is done. */
const selected = {
  operation: z.string().nullable().describe('null for a dry run'),
  dry_run: z.boolean(),
  scanned: count.describe('dead tasks looked at'),
  matched: count,
  total: count.optional().describe('of a filter: dead tasks of the queue when it began'),
  state: z.enum(['running', 'paused', 'cancelled', 'done']).optional().describe('of a filter: the operation'),
  skipped: count.optional().describe('not dead, or not known'),
}
export const replayReply = z.strictObject({ ...selected, replayed: count.optional(), duplicates })
export const purgeReply = z.strictObject({ ...selected, purged: count.optional() })
export const undoReply = z.strictObject({
  operation: z.string().nullable().describe('the purge that was taken back; null for ids'),
  restored: count,
  skipped: count,
})

export const operationReply = z
  .strictObject({
    id: z.string(),
    queue: name,
    kind: z.enum(['replay', 'purge']),
    filter: z.string(),
    rate: z.number().optional().describe('tasks a second at most'),
    now: z.literal(true).optional(),
    by: z.string(),
    created_at: time,
    updated_at: time,
    state: z.enum(['running', 'paused', 'cancelled', 'done']),
    total: count,
    scanned: count,
    done: count,
    skipped: count,
  })
  .meta({ id: 'Operation' })

const rate = { limit: z.number(), per_ms: z.number(), burst: z.number() }
export const limitReply = z
  .strictObject({
    queue: name,
    type: name.optional().describe('absent: the whole queue'),
    rate: z.strictObject({ ...rate, per_key: z.boolean() }).optional(),
    concurrency: z.strictObject({ limit: count, per_key: z.boolean() }).optional(),
    enqueue: z.strictObject(rate).optional(),
    set_by: z.enum(['hand', 'code']).optional().describe('absent: it was taken away, and some still wait under it'),
    waiting: count,
    lines: z.array(
      z.strictObject({
        key: z.string().optional(),
        waiting: count,
        running: count.optional(),
        next_at: time.optional(),
      }),
    ),
  })
  .meta({ id: 'Limit' })

const perSecond = z.strictObject({ '1m': z.number(), '5m': z.number() })
const objective = z.strictObject({
  wait_ms: count,
  target: z.number(),
  state: z.enum(['met', 'slow', 'fast', 'stalled', 'unknown']),
  windows: z.array(z.strictObject({ window: z.string(), total: count, late: count, burn: z.number().nullable() })),
})
export const scaleReply = z
  .strictObject({
    queue: name,
    paused: z.boolean(),
    pending: count,
    active: count,
    oldest_ms: z.number().nullable(),
    arrival_per_second: perSecond,
    drain_per_second: perSecond,
    eta_ms: z.number().nullable().describe('until nothing waits; null: never'),
    workers: count,
    slots: z.strictObject({ total: count, busy: count }),
    suggested_workers: count,
    reason: z.string(),
    slo: objective.nullable(),
  })
  .meta({ id: 'Scale' })

export const explanationReply = z.strictObject({
  id: z.string(),
  queue: name.nullable(),
  state: z.enum([...STATE_NAMES, 'trash']).nullable(),
  reasons: z.array(
    z.strictObject({
      code: z.string().describe('a word that stays the same'),
      text: z.string(),
      details: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
        .describe('the numbers and names in the text'),
    }),
  ),
})
