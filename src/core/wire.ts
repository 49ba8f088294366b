import { keyIdOf } from './encryption/sealed.ts'
import type { Relations, Relative } from './relations.ts'
import type {
  AttemptInfo,
  DeadGroup,
  LeaseInfo,
  OperationInfo,
  Page,
  QueueInfo,
  RedisInfo,
  ScheduleInfo,
  ScheduleRun,
  TaskInfo,
  WorkerInfo,
} from './task.ts'
import type { LimitInfo } from './limit-reads.ts'
import type { Rate } from './limit-rules.ts'
import { totalOf } from './snapshot.ts'

/** The shapes of the HTTP API and of `dq --json`: snake case, times in RFC 3339. Absent or null means unknown. */
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString()

const attemptToWire = (attempt: AttemptInfo) => ({
  attempt: attempt.attempt,
  at: iso(attempt.atMs),
  worker: attempt.worker,
  reason: attempt.reason,
  message: attempt.message,
  stack: attempt.stack,
})

/** The key that a task is encrypted with; what it hides reads `<encrypted kid=…>`. */
const encryptedWith = ({ sealed }: TaskInfo): string | undefined => {
  const text = sealed?.payload ?? sealed?.result
  return text === undefined ? undefined : keyIdOf(text)
}

export const taskToWire = (task: TaskInfo) => ({
  id: task.id,
  type: task.type,
  queue: task.queue,
  priority: task.priority,
  state: task.state,
  attempt: task.attempt,
  max_retries: task.maxRetries ?? null,
  payload: task.payload,
  encrypted: encryptedWith(task),
  created_at: iso(task.createdAtMs) ?? null,
  run_at: iso(task.runAtMs) ?? null,
  started_at: iso(task.startedAtMs),
  finished_at: iso(task.finishedAtMs),
  worker: task.worker,
  lease_expires_at: iso(task.leaseExpiresAtMs),
  cancel_requested: task.cancelRequested || undefined,
  progress: task.progress,
  idempotency_key: task.idempotencyKey,
  trace_id: task.traceId,
  error: task.error && attemptToWire(task.error),
  attempts: task.attempts.length > 0 ? task.attempts.map(attemptToWire) : undefined,
  result: task.result,
})

const relativeToWire = ({ id, queue, type, state }: Relative) => ({ id, queue, type, state })

/** Beside a task: what it depends on and what depends on it; nothing for a task without. */
export const relationsToWire = ({ parents, children }: Relations) => ({
  parents: parents.length > 0 ? parents.map(relativeToWire) : undefined,
  children: children.length > 0 ? children.map(relativeToWire) : undefined,
})

export const queueToWire = (queue: QueueInfo) => ({
  name: queue.name,
  paused: queue.paused !== undefined,
  paused_by: queue.paused?.by,
  pending: queue.pending,
  scheduled: queue.scheduled,
  blocked: queue.blocked,
  limited: queue.limited,
  active: queue.active,
  dead: queue.dead,
  completed: totalOf(queue.counters, 'completed'),
  kept_results: queue.completed,
  trash: queue.trash,
  oldest_pending_ms: queue.oldestPendingMs ?? null,
  rates: queue.rates,
})

export const leaseToWire = (lease: LeaseInfo) => ({
  id: lease.id,
  type: lease.type,
  queue: lease.queue,
  priority: lease.priority,
  worker: lease.worker,
  attempt: lease.attempt,
  claimed_at: iso(lease.claimedAtMs),
  lease_expires_at: iso(lease.leaseExpiresAtMs),
  deadline_at: iso(lease.deadlineAtMs),
  alone: lease.alone || undefined,
  cancel_requested: lease.cancelRequested || undefined,
})

export const workerToWire = (worker: WorkerInfo) => ({
  id: worker.id,
  host: worker.host,
  pid: worker.pid,
  version: worker.version,
  format: worker.format,
  queues: worker.queues,
  roles: worker.roles,
  slots: worker.slots,
  busy: worker.busy,
  completed: worker.completed,
  failed: worker.failed,
  started_at: iso(worker.startedAtMs),
  beat_at: iso(worker.beatAtMs),
  quiet: worker.quiet,
  silent: worker.silent,
  types: worker.types,
  key_ids: worker.keyIds.length > 0 ? worker.keyIds : undefined,
})

export const runToWire = (run: ScheduleRun) => ({
  what: run.what,
  slot: iso(run.slotMs),
  at: iso(run.atMs),
  count: run.count,
  id: run.id,
  state: run.state,
})

export const scheduleToWire = (schedule: ScheduleInfo & { readonly runs?: readonly ScheduleRun[] }) => ({
  name: schedule.name,
  spec: schedule.spec,
  time_zone: schedule.timeZone,
  type: schedule.type,
  queue: schedule.queue,
  priority: schedule.priority,
  payload: schedule.payload,
  encrypted: schedule.sealed && keyIdOf(schedule.sealed),
  start: iso(schedule.startMs),
  end: iso(schedule.endMs),
  enabled: schedule.enabled,
  missed: schedule.missed,
  overlap: schedule.overlap,
  jitter_ms: schedule.jitterMs,
  source: schedule.source,
  created_at: iso(schedule.createdAtMs),
  next_run_at: iso(schedule.nextRunAtMs),
  waits: schedule.waits || undefined,
  last_run: schedule.lastRun && runToWire(schedule.lastRun),
  runs: schedule.runs?.map(runToWire),
})

export const groupToWire = (group: DeadGroup) => ({
  queue: group.queue,
  group: group.group,
  count: group.count,
  first_at: iso(group.firstAtMs),
  last_at: iso(group.lastAtMs),
  trend: group.trend,
  type: group.type,
  reason: group.reason,
  message: group.message,
})

const rateToWire = (rate: Rate | undefined) => rate && { limit: rate.limit, per_ms: rate.perMs, burst: rate.burst }

export const limitToWire = (limit: LimitInfo) => ({
  queue: limit.queue,
  type: limit.type,
  rate: limit.rate && { ...rateToWire(limit.rate), per_key: limit.rate.keyed },
  concurrency: limit.slots && { limit: limit.slots.most, per_key: limit.slots.keyed },
  enqueue: rateToWire(limit.enqueue),
  set_by: limit.source,
  waiting: limit.waiting,
  lines: limit.lines.map(({ key, waiting, running, nextAtMs }) => ({ key, waiting, running, next_at: iso(nextAtMs) })),
})

export const operationToWire = (operation: OperationInfo) => ({
  id: operation.id,
  queue: operation.queue,
  kind: operation.kind,
  filter: operation.filter,
  rate: operation.ratePerSecond,
  now: operation.now || undefined,
  by: operation.by,
  created_at: iso(operation.createdAtMs),
  updated_at: iso(operation.updatedAtMs),
  state: operation.state,
  total: operation.total,
  scanned: operation.scanned,
  done: operation.done,
  skipped: operation.skipped,
})

/** A list that fits on one page. */
export const whole = <T>(items: readonly T[]): Page<T> => ({ items, cursor: undefined })

export const pageToWire = <T, W>(page: Page<T>, toWire: (item: T) => W) => ({
  items: page.items.map(toWire),
  next_cursor: page.cursor ?? null,
})

/** Totals over all queues since they began. */
export function countersToWire(
  queues: readonly (QueueInfo & { readonly claimed?: number; readonly stale?: number })[],
) {
  const total = (event: string): number => queues.reduce((sum, queue) => sum + totalOf(queue.counters, event), 0)
  return {
    enqueued: total('enqueued'),
    dequeued: queues.reduce((sum, queue) => sum + (queue.claimed ?? 0), 0),
    completed: total('completed'),
    failed: total('retried') + total('dead'),
    retried: total('retried'),
    dead: total('dead'),
    cancelled: total('cancelled'),
    reclaimed: total('reclaimed'),
    replayed: total('replayed'),
    purged: total('purged'),
    stale: queues.reduce((sum, queue) => sum + (queue.stale ?? 0), 0),
  }
}

export function statsToWire(queues: readonly QueueInfo[], workers: readonly WorkerInfo[], redis: RedisInfo) {
  const drift = queues.flatMap((queue) => queue.ledger.drift.map((text) => `${queue.name}: ${text}`))
  return {
    queues: queues.map(queueToWire),
    totals: countersToWire(queues),
    workers: {
      live: workers.filter((worker) => !worker.silent).length,
      silent: workers.filter((worker) => worker.silent).length,
    },
    redis: {
      version: redis.version,
      used_memory_bytes: redis.usedMemoryBytes,
      max_memory_bytes: redis.maxMemoryBytes,
      evicted_keys: redis.evictedKeys,
      latency_ms: Math.round(redis.latencyMs * 100) / 100,
      clock_skew_ms: redis.clockSkewMs,
    },
    ledger: { ok: drift.length === 0, drift },
  }
}
