import type { Safe } from '../text/safe.ts'
import type { History } from './history.ts'
import type { DeadRow, LeaseRow, QueueRow, ScheduleRow, WorkerRow } from './rows.ts'
import type { TaskRef } from './source.ts'
import type { TaskDoc } from './task-doc.ts'

/** Parts of a reading that may fail alone, and then keep what they showed last. */
export type Part = 'history' | 'leases' | 'dead' | 'workers' | 'schedules' | 'task' | 'redis'

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

export interface DeadList {
  readonly rows: readonly DeadRow[]
  /** Whether every dead task of the queues looked at is among `rows`. */
  readonly isWhole: boolean
  /** The one queue looked at, or all of them. */
  readonly queue: string | undefined
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
  readonly dead: DeadList
  readonly workers: readonly WorkerRow[]
  readonly schedules: readonly ScheduleRow[]
  readonly scheduleCount: number
  readonly task: TaskView | undefined
  readonly troubles: Partial<Readonly<Record<Part, Safe>>>
}

export const EMPTY_DEAD: DeadList = { rows: [], isWhole: false, queue: undefined }

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
  dead: EMPTY_DEAD,
  workers: [],
  schedules: [],
  scheduleCount: 0,
  task: undefined,
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
