import type { AttemptInfo, LeaseInfo, Page, QueueInfo, RedisInfo, ScheduleInfo, TaskInfo, WorkerInfo } from './task.ts'
import { totalOf } from './snapshot.ts'

/** The shapes of the HTTP API and of `dq --json`: snake case, times in RFC 3339. Absent means unknown. */
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

export const taskToWire = (task: TaskInfo) => ({
  id: task.id,
  type: task.type,
  queue: task.queue,
  priority: task.priority,
  state: task.state,
  attempt: task.attempt,
  max_retries: task.maxRetries,
  payload: task.payload,
  created_at: iso(task.createdAtMs),
  run_at: iso(task.runAtMs),
  started_at: iso(task.startedAtMs),
  finished_at: iso(task.finishedAtMs),
  worker: task.worker,
  lease_expires_at: iso(task.leaseExpiresAtMs),
  cancel_requested: task.cancelRequested || undefined,
  progress: task.progress,
  idempotency_key: task.idempotencyKey,
  error: task.error && attemptToWire(task.error),
  attempts: task.attempts.length > 0 ? task.attempts.map(attemptToWire) : undefined,
  result: task.result,
})

export const queueToWire = (queue: QueueInfo) => ({
  name: queue.name,
  paused: queue.paused !== undefined,
  paused_by: queue.paused?.by,
  pending: queue.pending,
  scheduled: queue.scheduled,
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
})

export const scheduleToWire = (schedule: ScheduleInfo) => ({
  name: schedule.name,
  spec: schedule.spec,
  time_zone: schedule.timeZone,
  type: schedule.type,
  queue: schedule.queue,
  priority: schedule.priority,
  payload: schedule.payload,
  created_at: iso(schedule.createdAtMs),
  next_run_at: iso(schedule.nextRunAtMs),
})

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
