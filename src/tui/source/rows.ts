import type { AuditEntry } from '../../core/audit.ts'
import type { LeaseInfo, QueueInfo, TaskInfo, WorkerInfo } from '../../core/task.ts'
import { type Safe, join, safeLine } from '../text/safe.ts'
import { type TaskRef, keyOf } from './source.ts'

/**
 * What the lists show. Everything that is text is `Safe`; `key` and `ref` keep the names as Redis knows them, for
 * identity and for commands.
 */
export interface Row {
  readonly key: string
}

export interface QueueRow extends Row {
  readonly name: Safe
  /** When it was counted. */
  readonly atMs: number
  readonly paused: { readonly by: Safe; readonly atMs: number } | undefined
  readonly high: number
  readonly normal: number
  readonly low: number
  readonly pending: number
  readonly scheduled: number
  /** Waiting for room under a limit, and for other tasks. */
  readonly limited: number
  readonly blocked: number
  readonly active: number
  readonly dead: number
  readonly trash: number
  readonly completed: number
  readonly oldestMs: number | undefined
  readonly soonestDueMs: number | undefined
  readonly enqueuedRate: number
  readonly completedRate: number
  readonly failedRate: number
  /** What does not add up, in words; empty when the books balance. */
  readonly drift: readonly Safe[]
}

export const toQueueRow = (info: QueueInfo): QueueRow => ({
  key: info.name,
  name: safeLine(info.name),
  atMs: info.atMs,
  paused: info.paused && { by: safeLine(info.paused.by), atMs: info.paused.atMs },
  high: info.pending.high,
  normal: info.pending.default,
  low: info.pending.low,
  pending: info.pending.high + info.pending.default + info.pending.low,
  scheduled: info.scheduled,
  limited: info.limited,
  blocked: info.blocked,
  active: info.active,
  dead: info.dead,
  trash: info.trash,
  completed: info.completed,
  oldestMs: info.oldestPendingMs,
  soonestDueMs: info.soonestDueMs,
  enqueuedRate: info.rates.enqueued,
  completedRate: info.rates.completed,
  failedRate: info.rates.failed,
  drift: info.ledger.drift.map((text) => safeLine(text)),
})

export interface LeaseRow extends Row {
  readonly ref: TaskRef
  readonly id: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly worker: Safe
  readonly workerKey: string
  readonly attempt: number
  readonly claimedAtMs: number
  readonly expiresAtMs: number
  readonly leaseMs: number
  readonly deadlineAtMs: number
  readonly alone: boolean
  readonly cancelRequested: boolean
  /** What a filter looks at; never drawn. */
  readonly facts: TaskInfo
}

/** A held task as far as its lease tells of it. */
export const leaseFacts = (info: LeaseInfo): TaskInfo => ({
  id: info.id,
  type: info.type,
  queue: info.queue,
  priority: info.priority,
  state: 'active',
  attempt: info.attempt,
  maxRetries: undefined,
  payload: undefined,
  payloadBytes: undefined,
  createdAtMs: undefined,
  runAtMs: undefined,
  startedAtMs: info.claimedAtMs,
  finishedAtMs: undefined,
  worker: info.worker,
  leaseExpiresAtMs: info.leaseExpiresAtMs,
  deadlineAtMs: info.deadlineAtMs,
  cancelRequested: info.cancelRequested,
  progress: undefined,
  idempotencyKey: undefined,
  error: undefined,
  attempts: [],
  result: undefined,
})

export function toLeaseRow(info: LeaseInfo): LeaseRow {
  const ref = { queue: info.queue, id: info.id }
  return {
    key: keyOf(ref),
    ref,
    id: safeLine(info.id),
    type: safeLine(info.type),
    queue: safeLine(info.queue),
    priority: safeLine(info.priority),
    worker: safeLine(info.worker),
    workerKey: info.worker,
    attempt: info.attempt,
    claimedAtMs: info.claimedAtMs,
    expiresAtMs: info.leaseExpiresAtMs,
    leaseMs: info.leaseMs,
    deadlineAtMs: info.deadlineAtMs,
    alone: info.alone,
    cancelRequested: info.cancelRequested,
    facts: leaseFacts(info),
  }
}

export interface AuditRow extends Row {
  readonly atMs: number
  readonly who: Safe
  readonly what: Safe
  readonly queue: Safe
  readonly count: number
  readonly detail: Safe
}

export const toAuditRow = (entry: AuditEntry): AuditRow => ({
  key: `${entry.queue}\0${entry.id}`,
  atMs: entry.atMs,
  who: safeLine(entry.by),
  what: safeLine(entry.action),
  queue: safeLine(entry.queue),
  count: entry.count,
  detail: safeLine(entry.detail),
})

export interface WorkerRow extends Row {
  readonly id: Safe
  readonly host: Safe
  readonly pid: number
  readonly version: Safe
  readonly queues: Safe
  readonly queueKeys: readonly string[]
  readonly roles: Safe
  readonly types: Safe
  readonly typeKeys: readonly string[]
  readonly slots: number
  readonly busy: number
  readonly completed: number
  readonly failed: number
  readonly startedAtMs: number
  readonly beatAtMs: number
  readonly leaseMs: number
  readonly quiet: boolean
  readonly silent: boolean
}

const listed = (names: readonly string[]): Safe =>
  join(
    names.slice(0, 50).map((name) => safeLine(name)),
    ', ',
  )

export const toWorkerRow = (info: WorkerInfo): WorkerRow => ({
  key: info.id,
  id: safeLine(info.id),
  host: safeLine(info.host),
  pid: info.pid,
  version: safeLine(info.version),
  queues: listed(info.queues),
  queueKeys: info.queues,
  roles: listed(info.roles),
  types: listed(info.types),
  typeKeys: info.types,
  slots: info.slots,
  busy: info.busy,
  completed: info.completed,
  failed: info.failed,
  startedAtMs: info.startedAtMs,
  beatAtMs: info.beatAtMs,
  leaseMs: info.leaseMs,
  quiet: info.quiet,
  silent: info.silent,
})
