import type { Safe } from '../text/safe.ts'
import type { GroupList } from './group-rows.ts'
import type { History } from './history.ts'
import type { ObjectiveRow } from './objective-rows.ts'
import type { OperationRow } from './operation-rows.ts'
import type { AuditRow, LeaseRow, QueueRow, WorkerRow } from './rows.ts'
import type { RunRow, ScheduleRow } from './schedule-rows.ts'
import type { TaskRef } from './source.ts'
import type { TaskDoc } from './task-doc.ts'
import type { TaskList } from './task-pages.ts'

/** Parts of a reading that may fail alone, and then keep what they showed last. */
export type Part =
  | 'history'
  | 'leases'
  | 'dead'
  | 'groups'
  | 'operations'
  | 'tasks'
  | 'audit'
  | 'workers'
  | 'schedules'
  | 'runs'
  | 'task'
  | 'reasons'
  | 'objectives'
  | 'redis'
  | 'causes'

export type Link =
  | { readonly kind: 'opening'; readonly sinceMs: number }
  | { readonly kind: 'up' }
  | {
      readonly kind: 'down'
      readonly sinceMs: number
      /** Failed readings since then. */
      readonly tries: number
      readonly retryAtMs: number
      readonly reason: Safe
      readonly remedy: Safe
    }

/** Redis itself, as far as somebody may have to look at it. */
export interface RedisHealth {
  readonly usedBytes: number
  /** 0: no limit. */
  readonly maxBytes: number
  /** Since the console began to look. */
  readonly evicted: number
  readonly evictionPolicy: Safe
}

/** What most of the newest dead tasks of a queue died of. */
export interface DeadCause {
  readonly type: Safe
  readonly message: Safe
  /** How many of those looked at. */
  readonly count: number
  readonly of: number
}

export type TaskView =
  | { readonly ref: TaskRef; readonly kind: 'found'; readonly doc: TaskDoc }
  /** `doc` is what it was when it was last seen. */
  | { readonly ref: TaskRef; readonly kind: 'gone'; readonly doc: TaskDoc | undefined }

/** Everything of one Redis that the console shows. Immutable; times are ms, of Redis's clock where not said otherwise. */
export interface Data {
  readonly link: Link
  /** When it was last read in full, by our clock; undefined: never. */
  readonly readAtMs: number | undefined
  /** Redis's clock less ours. */
  readonly skewMs: number
  readonly latencyMs: number | undefined
  /** Good readings since the connection came; rates are shown from the second on. */
  readonly goodReadings: number
  readonly redisVersion: Safe | undefined
  readonly queues: readonly QueueRow[]
  readonly history: History | undefined
  readonly queueHistory: ReadonlyMap<string, History>
  readonly leases: readonly LeaseRow[]
  /** The DLQ, as far as it was read. */
  readonly dead: TaskList
  /** The other list of tasks that is shown, if one is. */
  readonly tasks: TaskList
  /** What they died of; undefined until somebody asks. */
  readonly groups: GroupList | undefined
  /** Bulk operations that are open, or ended just now. */
  readonly operations: readonly OperationRow[]
  readonly audit: readonly AuditRow[]
  /** By queue, of those whose DLQ grows. */
  readonly causes: ReadonlyMap<string, DeadCause>
  /** By queue, types that wait in it and that none of its workers knows. */
  readonly unknownTypes: ReadonlyMap<string, Safe>
  readonly redis: RedisHealth | undefined
  readonly workers: readonly WorkerRow[]
  readonly schedules: readonly ScheduleRow[]
  readonly scheduleCount: number
  /** Of the schedule that was looked at last. */
  readonly runs: { readonly schedule: string; readonly rows: readonly RunRow[] } | undefined
  readonly task: TaskView | undefined
  /** Why a task does not run, worst first; of the one on the screen, when it was read. */
  readonly reasons: { readonly ref: TaskRef; readonly texts: readonly Safe[] } | undefined
  /** By queue, of those that promise something. */
  readonly objectives: ReadonlyMap<string, ObjectiveRow>
  readonly troubles: Partial<Readonly<Record<Part, Safe>>>
}

export const EMPTY_TASKS: TaskList = {
  rows: [],
  isWhole: false,
  scanned: 0,
  states: [],
  queue: undefined,
  filter: '',
}

export const emptyData = (nowMs: number): Data => ({
  link: { kind: 'opening', sinceMs: nowMs },
  readAtMs: undefined,
  skewMs: 0,
  latencyMs: undefined,
  goodReadings: 0,
  redisVersion: undefined,
  queues: [],
  history: undefined,
  queueHistory: new Map(),
  leases: [],
  dead: EMPTY_TASKS,
  tasks: EMPTY_TASKS,
  groups: undefined,
  operations: [],
  audit: [],
  causes: new Map(),
  unknownTypes: new Map(),
  redis: undefined,
  workers: [],
  schedules: [],
  scheduleCount: 0,
  runs: undefined,
  task: undefined,
  reasons: undefined,
  objectives: new Map(),
  troubles: {},
})

export type QueueNumber =
  | 'pending'
  | 'scheduled'
  | 'active'
  | 'dead'
  | 'trash'
  | 'enqueuedRate'
  | 'completedRate'
  | 'failedRate'
export const totalOf = (queues: readonly QueueRow[], what: QueueNumber): number =>
  queues.reduce((sum, queue) => sum + queue[what], 0)

/** Older than this and the console says so, ms. */
export const STALE_MS = 3_000
/** Older than this and nothing may be changed on the strength of it, ms. */
export const TOO_OLD_TO_ACT_MS = 10_000

export const ageMs = (data: Data, nowMs: number): number =>
  data.readAtMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - data.readAtMs)

/** How often a Redis that answers so slowly is really asked, ms. */
export const paceMs = (intervalMs: number, latencyMs: number | undefined): number =>
  (latencyMs ?? 0) > intervalMs / 2 ? 2 * intervalMs : intervalMs

/** Whether what is shown can be trusted to be of now. */
export const isFresh = (data: Data, nowMs: number, intervalMs: number): boolean =>
  data.link.kind === 'up' && ageMs(data, nowMs) < Math.max(STALE_MS, 3 * intervalMs)

/** Rates of the first reading after a gap would average over the gap. */
export const hasRates = (data: Data): boolean => data.link.kind === 'up' && data.goodReadings >= 2
