import type { Relations } from '../../../src/core/relations.ts'
import type { AuditEntry } from '../../../src/core/audit.ts'
import type { DqError } from '../../../src/core/errors.ts'
import type { Reason } from '../../../src/core/explain/facts.ts'
import type { ObjectiveReport } from '../../../src/core/slo.ts'
import type {
  LeaseInfo,
  OperationInfo,
  QueueInfo,
  ScheduleInfo,
  ScheduleRun,
  TaskInfo,
  WorkerInfo,
} from '../../../src/core/task.ts'
import type { ConsoleReads } from '../../../src/tui/source/source.ts'
import {
  MINUTE,
  NOON,
  SECOND,
  auditEntry,
  deadTask,
  leaseInfo,
  otherTasks,
  queueInfo,
  scheduleInfo,
  workerInfo,
} from './infos.ts'

export const scheduleRun = (slotMs: number, given: Partial<ScheduleRun> = {}): ScheduleRun => ({
  what: 'fired',
  slotMs,
  atMs: slotMs,
  count: 1,
  id: `heartbeat:${slotMs}`,
  state: 'completed',
  ...given,
})

/** Three nights, newest first: a run that died, slots that nobody fired, and one that passed. */
const REPORTS: readonly ScheduleRun[] = [
  scheduleRun(NOON - 10 * 60 * MINUTE, { id: 'nightly-report:1', state: 'dead' }),
  scheduleRun(NOON - 3 * 24 * 60 * MINUTE, { what: 'missed', count: 2, id: undefined, state: undefined }),
  scheduleRun(NOON - 4 * 24 * 60 * MINUTE, { what: 'overlap', id: undefined, state: undefined }),
  scheduleRun(NOON - 5 * 24 * 60 * MINUTE, { what: 'triggered', id: 'nightly-report:t9', state: undefined }),
]

/** What the console is shown; a test changes it at will. */
export interface World {
  queues: QueueInfo[]
  leases: LeaseInfo[]
  dead: TaskInfo[]
  workers: WorkerInfo[]
  schedules: ScheduleInfo[]
  /** Newest first, by schedule. */
  runs: Map<string, readonly ScheduleRun[]>
  /** In any state but dead. */
  others: TaskInfo[]
  audit: AuditEntry[]
  operations: OperationInfo[]
  /** Why any task does not run. */
  reasons: Reason[]
  objectives: Map<string, ObjectiveReport>
  /** Thrown by every reading while it is there. */
  failure: DqError | undefined
  /** Readings of these parts are refused. */
  refused: Set<keyof ConsoleReads>
  /** What was asked of the operator, in order. */
  readonly calls: unknown[][]
  readonly trash: TaskInfo[]
  /** Of every task; none unless given. */
  relations?: Relations
}

/** One paused queue, one whose dead grow, a silent worker and a lease that nobody reaped. */
export function troubledWorld(): World {
  const dead = Array.from({ length: 1284 }, (_, n) => deadTask(n))
  dead[3] = deadTask(3, {
    type: 'image.resize',
    error: { ...deadTask(3).error!, message: '宛先サーバー応答なし: out of memory', group: 'bb22' },
  })
  return {
    queues: [
      queueInfo('high', {
        pending: { high: 20, default: 100, low: 0 },
        active: 9,
        scheduled: 12,
        dead: 1284,
        trash: 2,
        oldestPendingMs: 3_200,
        rates: { enqueued: 510, completed: 498, failed: 4.1 },
        counters: { dead: { 'email.send': 1284 } },
      }),
      queueInfo('default', {
        pending: { high: 0, default: 41, low: 0 },
        active: 7,
        scheduled: 298,
        schedules: 3,
        completed: 10_000,
        oldestPendingMs: 1_000,
        soonestDueMs: NOON + 90 * SECOND,
        rates: { enqueued: 290, completed: 292, failed: 0 },
      }),
      queueInfo('low', {
        paused: { by: 'dq-top:anna@ops', atMs: NOON - 41 * MINUTE },
        pending: { high: 0, default: 8000, low: 12 },
        active: 2,
        oldestPendingMs: 41 * MINUTE,
        rates: { enqueued: 12, completed: 0, failed: 0 },
      }),
    ],
    leases: [
      leaseInfo(1, {
        type: 'report.render',
        queue: 'low',
        worker: 'wrk-c-03',
        claimedAtMs: NOON - 47 * SECOND,
        leaseExpiresAtMs: NOON - 17 * SECOND,
      }),
      leaseInfo(2, { attempt: 3, claimedAtMs: NOON - 26 * SECOND, leaseExpiresAtMs: NOON + 4 * SECOND }),
      leaseInfo(3, { claimedAtMs: NOON - 79 * SECOND, leaseExpiresAtMs: NOON + 11 * SECOND }),
      ...Array.from({ length: 15 }, (_, n) =>
        leaseInfo(4 + n, {
          type: 'image.resize',
          queue: 'default',
          worker: 'wrk-b-02',
          claimedAtMs: NOON - (8 - n / 4) * SECOND,
          leaseExpiresAtMs: NOON + (22 + n / 4) * SECOND,
        }),
      ),
    ],
    dead,
    workers: [
      workerInfo('wrk-a-01'),
      workerInfo('wrk-a-02', { pid: 4412, busy: 10, completed: 39_871 }),
      workerInfo('wrk-b-02', { host: 'app-2', pid: 911, quiet: true, busy: 3 }),
      workerInfo('wrk-c-03', { host: 'app-3', pid: 77, silent: true, beatAtMs: NOON - 42 * SECOND, busy: 1 }),
    ],
    schedules: [
      scheduleInfo('heartbeat', { lastRun: scheduleRun(NOON - 31 * SECOND) }),
      scheduleInfo('nightly-report', {
        spec: '0 3 * * *',
        timeZone: 'Europe/Berlin',
        type: 'report.render',
        queue: 'low',
        nextRunAtMs: NOON + 14 * 60 * MINUTE,
        overlap: 'skip',
        jitterMs: 5 * MINUTE,
        source: '/etc/dq/dq.yaml',
        lastRun: REPORTS[0],
      }),
      scheduleInfo('old-import', { enabled: false, nextRunAtMs: undefined }),
      scheduleInfo('sweep', { spec: '*/5 * * * *', nextRunAtMs: NOON - 65 * SECOND }),
    ],
    runs: new Map([['nightly-report', REPORTS]]),
    others: otherTasks(),
    audit: [
      auditEntry(0, { action: 'purge', count: 12, detail: 'wh2k1q90zzad' }),
      auditEntry(1, { action: 'pause', queue: 'low', by: 'dq-top:anna@ops', atMs: NOON - 41 * MINUTE }),
      auditEntry(2, { action: 'replay', count: 3, detail: 'k3j2x81mmq0p', atMs: NOON - 90 * MINUTE }),
    ],
    operations: [],
    reasons: [],
    objectives: new Map(),
    failure: undefined,
    refused: new Set(),
    calls: [],
    trash: [],
  }
}

export const emptyWorld = (): World => ({
  ...troubledWorld(),
  queues: [],
  leases: [],
  dead: [],
  workers: [],
  schedules: [],
  others: [],
  audit: [],
})

/** A healthy one. */
export function calmWorld(): World {
  const world = troubledWorld()
  const [high, normal] = world.queues
  return {
    ...world,
    queues: [{ ...high!, dead: 0, trash: 0, counters: {} }, normal!],
    leases: world.leases.filter(({ leaseExpiresAtMs }) => leaseExpiresAtMs > NOON),
    dead: [],
    workers: world.workers.filter(({ silent }) => !silent),
    schedules: world.schedules.filter(({ enabled, nextRunAtMs }) => nextRunAtMs! > NOON || !enabled),
  }
}
