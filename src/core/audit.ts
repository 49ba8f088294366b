import { fieldsOf } from './fields.ts'
import type { QueueKeys } from './keys.ts'
import type { Command, RedisClient } from './redis.ts'

/** A change by hand, as the audit of its queue keeps it. */
export interface AuditEntry {
  /** Of the stream; unique within its queue. */
  readonly id: string
  readonly queue: string
  /** By Redis's clock. */
  readonly atMs: number
  /** `pause`, `resume`, `replay`, `edited`, `run`, `purge`, `undo`, `cancel`, `repair`, `schedule`, `trigger`, `unschedule`; with
   * the queue `_`: `key-add`, `key-revoke`, `upgrade`. */
  readonly action: string
  /** Who, and in brackets why, where a reason was given. */
  readonly by: string
  /** How many tasks. */
  readonly count: number
  /** The operation, the first task, or what was mended. */
  readonly detail: string
}

const MOST = 10_000

/** Adds a change of the installation; scripts add those of queues. @param key of its audit. */
export const auditLine = (
  key: string,
  { action, by, detail }: Pick<AuditEntry, 'action' | 'by' | 'detail'>,
): Command => ['XADD', key, 'MAXLEN', '~', MOST, '*', 'action', action, 'by', by, 'count', 0, 'detail', detail]

type Entry = readonly [id: string, fields: readonly string[] | null]

function decode(queue: string, [id, flat]: Entry): AuditEntry {
  const fields = fieldsOf(flat ?? [])
  return {
    id,
    queue,
    atMs: Number(id.split('-')[0]),
    action: fields.get('action') ?? '',
    by: fields.get('by') ?? '',
    count: Number(fields.get('count') ?? 0),
    detail: fields.get('detail') ?? '',
  }
}

/** The newest changes of several queues as one list, newest first; at most `limit` of each are read. */
export async function readAudit(
  redis: RedisClient,
  queues: readonly string[],
  keysOf: (queue: string) => QueueKeys,
  limit: number,
): Promise<AuditEntry[]> {
  const replies = (await redis.batch(
    queues.map((queue) => ['XREVRANGE', keysOf(queue).audit, '+', '-', 'COUNT', limit] as const),
  )) as (readonly Entry[])[]
  return queues
    .flatMap((queue, i) => replies[i]!.map((entry) => decode(queue, entry)))
    .toSorted((a, b) => b.atMs - a.atMs || (a.queue < b.queue ? -1 : 1) || (a.id < b.id ? 1 : -1))
    .slice(0, limit)
}
