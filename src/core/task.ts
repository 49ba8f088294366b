import type { Priority } from './priority.ts'
import type { State } from './states.ts'

/** Anything JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * What is left of a value that went through JSON, as results do: a Date is text, and what JSON cannot say is not there.
 */
export type Stored<T> = unknown extends T
  ? Json
  : T extends Json
    ? T
    : T extends undefined | void | symbol | ((...args: never) => unknown)
      ? undefined
      : T extends { toJSON(): infer Written }
        ? Stored<Written>
        : { [Key in keyof T]: Stored<T[Key]> }

/** The id of a task. In its type it carries what the task returns; any text will do as one that says nothing of that. */
export type TaskId<Result = Json | undefined> = string & { readonly '~result'?: Result }

/** One attempt that did not end well, newest first in `TaskInfo.attempts`. */
export interface AttemptInfo {
  /** 1 for the first run. */
  readonly attempt: number
  readonly atMs: number
  readonly worker: string | undefined
  /** `error`, `timeout`, `poison`, `no_handler`, `invalid_payload`, `malformed`, `discarded`, `snooze_limit`,
   * `parent_failed`, `no_key`. */
  readonly reason: string
  readonly message: string
  readonly stack: string | undefined
  /** Message and stack as they are stored of an encrypted task; see `TaskInfo.sealed`. */
  readonly sealed?: { readonly message: string; readonly stack: string | undefined } | undefined
  /** Fingerprint of the kind of failure, of the one a task died of; see `fingerprint`. */
  readonly group?: string | undefined
}

/** Everything known of one task. Times are ms since the epoch, by Redis's clock where Redis set them. */
export interface TaskInfo<Result = Json> {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly priority: Priority
  readonly state: State
  /** Attempts begun: 0 for a task that never ran. */
  readonly attempt: number
  /** Undefined: its worker's policy decides. */
  readonly maxRetries: number | undefined
  /** Undefined when the record of a final task no longer has it. */
  readonly payload: Json | undefined
  readonly payloadBytes: number | undefined
  readonly createdAtMs: number | undefined
  /** When it is, or was, due; undefined when it was due at once. */
  readonly runAtMs: number | undefined
  readonly startedAtMs: number | undefined
  readonly finishedAtMs: number | undefined
  readonly worker: string | undefined
  readonly leaseExpiresAtMs: number | undefined
  readonly deadlineAtMs: number | undefined
  readonly cancelRequested: boolean
  /** What its handler last said with `progress`, while it runs. */
  readonly progress: number | undefined
  readonly idempotencyKey: string | undefined
  /** Of the trace that it belongs to, as W3C writes it. */
  readonly traceId?: string | undefined
  /** The newest of `attempts`. */
  readonly error: AttemptInfo | undefined
  readonly attempts: readonly AttemptInfo[]
  /** Undefined before it completed, when its handler returned nothing, and when what it returned is not kept. */
  readonly result: Result | undefined
  /** Set while something of it is encrypted and not opened. */
  readonly sealed?: SealedValues | undefined
}

/** What is stored encrypted of a task. In place of each such value stands the text `<encrypted kid=…>`. */
export interface SealedValues {
  readonly payload?: string | undefined
  /** What its payload is bound to: its id, or the name of its schedule, or what makes it unique. */
  readonly name?: string | undefined
  readonly result?: string | undefined
}

export interface Rates {
  /** Tasks per second over the last 10 whole seconds. */
  readonly enqueued: number
  readonly completed: number
  /** Failed attempts. */
  readonly failed: number
}

/** One queue at one instant. */
export interface QueueInfo {
  readonly name: string
  /** By whom and since when, or undefined while it runs. */
  readonly paused: { readonly by: string; readonly atMs: number } | undefined
  readonly pending: Readonly<Record<Priority, number>>
  /** Waiting for their time: delayed tasks and retries. */
  readonly scheduled: number
  /** Waiting for other tasks to complete. */
  readonly blocked: number
  /** Waiting for room under a limit. */
  readonly limited: number
  readonly active: number
  readonly leases: number
  readonly dead: number
  readonly trash: number
  /** Records of finished tasks that are kept. */
  readonly completed: number
  /** Recurring schedules that fire into this queue. */
  readonly schedules: number
  /** Age of the task next to run, ms; undefined when nothing is pending. */
  readonly oldestPendingMs: number | undefined
  readonly soonestDueMs: number | undefined
  readonly rates: Rates
  /** Event → type → total since the queue began: enqueued, completed, retried, dead, cancelled, reclaimed, purged, … */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly ledger: Ledger
  readonly atMs: number
}

/** Whether the books of a queue close; `drift` says in words what does not. */
export interface Ledger {
  readonly ok: boolean
  readonly drift: readonly string[]
}

/** Events per bucket, oldest first; the last bucket is the current, unfinished one. */
export interface Series {
  readonly stepMs: number
  readonly endMs: number
  readonly enqueued: readonly number[]
  readonly completed: readonly number[]
  readonly failed: readonly number[]
  readonly dead: readonly number[]
}

/** A held task, soonest end of lease first. */
export interface LeaseInfo {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly priority: Priority
  readonly worker: string
  readonly attempt: number
  readonly claimedAtMs: number
  readonly leaseExpiresAtMs: number
  readonly leaseMs: number
  readonly deadlineAtMs: number
  /** Runs alone because it was there when a worker died. */
  readonly alone: boolean
  readonly cancelRequested: boolean
}

export interface WorkerInfo {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  /** The newest format of what is stored that it knows. */
  readonly format: number
  readonly queues: readonly string[]
  readonly roles: readonly string[]
  readonly slots: number
  readonly busy: number
  readonly completed: number
  readonly failed: number
  readonly startedAtMs: number
  readonly beatAtMs: number
  readonly leaseMs: number
  /** Asked to stop claiming (by an operator), or stopping by itself. */
  readonly quiet: boolean
  /** Ids of the keys with which it opens encrypted payloads. */
  readonly keyIds: readonly string[]
  /** Silent for longer than its lease TTL. */
  readonly silent: boolean
  readonly types: readonly string[]
}

export type { MissedPolicy, OverlapPolicy, ScheduleInfo, ScheduleRun } from './schedule-info.ts'

/** Dead tasks that died of the same kind of failure. */
export interface DeadGroup {
  readonly queue: string
  /** Their fingerprint; `other` for those beyond the 500 kinds that are told apart. */
  readonly group: string
  readonly count: number
  /** Of the deaths since the group began. */
  readonly firstAtMs: number
  readonly lastAtMs: number
  /** Deaths in ten minutes each, the present ones last. */
  readonly trend: readonly number[]
  readonly type: string
  /** Of one of them. */
  readonly reason: string
  readonly message: string
}

export type OperationState = 'running' | 'paused' | 'cancelled' | 'done'

/** A bulk operation over dead tasks, and how far it is. */
export interface OperationInfo {
  readonly id: string
  readonly queue: string
  readonly kind: 'replay' | 'purge'
  /** As it was written; empty for all. */
  readonly filter: string
  /** Tasks a second at most; undefined: as fast as it goes. */
  readonly ratePerSecond: number | undefined
  readonly by: string
  readonly createdAtMs: number
  /** Dead tasks of the queue when it began. */
  readonly total: number
  /** Of a purge: without the trash. */
  readonly now: boolean
  readonly state: OperationState
  /** Dead tasks that were looked at, of these replayed or purged, and of these left since they were dead no more. */
  readonly scanned: number
  readonly done: number
  readonly skipped: number
  /** Not driven on before this, for its rate. */
  readonly dueAtMs: number
  readonly updatedAtMs: number
  readonly cursor: string
}

/** A page of a listing. `cursor` continues it; undefined at its end. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly cursor: string | undefined
}

/** Redis itself, as far as the console and `/v1/stats` show it. */
/** Of a cluster its memory is that of the primary with the least left, and counts are those of all primaries. */
export interface RedisInfo {
  readonly version: string
  readonly usedMemoryBytes: number
  /** 0: no limit. */
  readonly maxMemoryBytes: number
  readonly evictedKeys: number
  readonly connectedClients: number
  readonly evictionPolicy: string
  readonly latencyMs: number
  /** Redis's clock less ours, ms. */
  readonly clockSkewMs: number
}
