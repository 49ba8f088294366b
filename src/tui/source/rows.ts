import type { LeaseInfo, QueueInfo, ScheduleInfo, TaskInfo, WorkerInfo } from '../../core/task.ts'
import { type Safe, join, safeLine, say } from '../text/safe.ts'
import { type TaskRef, keyOf } from './source.ts'

/**
 * What the lists show. Everything that is text is `Safe`; `key` and `ref` keep the names as Redis knows them, for
 * identity and for commands.
 */
interface Row {
  readonly key: string
}

export interface QueueRow extends Row {
  readonly name: Safe
  readonly paused: { readonly by: Safe; readonly atMs: number } | undefined
  readonly high: number
  readonly normal: number
  readonly low: number
  readonly pending: number
  readonly scheduled: number
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
  paused: info.paused && { by: safeLine(info.paused.by), atMs: info.paused.atMs },
  high: info.pending.high,
  normal: info.pending.default,
  low: info.pending.low,
  pending: info.pending.high + info.pending.default + info.pending.low,
  scheduled: info.scheduled,
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
}

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
  }
}

export interface DeadRow extends Row {
  readonly ref: TaskRef
  readonly id: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly tries: Safe
  readonly reason: Safe
  readonly message: Safe
  readonly payloadBytes: number | undefined
  readonly diedAtMs: number | undefined
}

/** `3/4`: attempts made, of those allowed where that is known. */
const triesOf = (attempt: number, maxRetries: number | undefined): Safe =>
  maxRetries === undefined ? say`${attempt}` : say`${attempt}/${maxRetries + 1}`

export function toDeadRow(info: TaskInfo): DeadRow {
  const ref = { queue: info.queue, id: info.id }
  return {
    key: keyOf(ref),
    ref,
    id: safeLine(info.id),
    type: safeLine(info.type),
    queue: safeLine(info.queue),
    priority: safeLine(info.priority),
    tries: triesOf(info.attempt, info.maxRetries),
    reason: safeLine(info.error?.reason ?? 'unknown'),
    message: safeLine(info.error?.message ?? ''),
    payloadBytes: info.payloadBytes,
    diedAtMs: info.finishedAtMs,
  }
}

export interface WorkerRow extends Row {
  readonly id: Safe
  readonly host: Safe
  readonly pid: number
  readonly version: Safe
  readonly queues: Safe
  readonly queueKeys: readonly string[]
  readonly roles: Safe
  readonly types: Safe
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

export interface ScheduleRow extends Row {
  readonly name: Safe
  readonly spec: Safe
  readonly timeZone: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly createdAtMs: number
  readonly nextRunAtMs: number | undefined
}

export const toScheduleRow = (info: ScheduleInfo): ScheduleRow => ({
  key: info.name,
  name: safeLine(info.name),
  spec: safeLine(info.spec),
  timeZone: safeLine(info.timeZone),
  type: safeLine(info.type),
  queue: safeLine(info.queue),
  priority: safeLine(info.priority),
  createdAtMs: info.createdAtMs,
  nextRunAtMs: info.nextRunAtMs,
})
