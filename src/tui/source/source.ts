import type { AuditEntry } from '../../core/audit.ts'
import type { Editable } from '../../core/edit.ts'
import type { Explanation } from '../../core/explain/facts.ts'
import type { NewOperation, StepReport, Steer } from '../../core/operations.ts'
import type { Relations } from '../../core/relations.ts'
import type { Triggered } from '../../core/schedule-admin.ts'
import type { ObjectiveReport } from '../../core/slo.ts'
import type { State } from '../../core/states.ts'
import type {
  DeadGroup,
  Json,
  LeaseInfo,
  OperationInfo,
  OperationState,
  Page,
  QueueInfo,
  RedisInfo,
  ScheduleInfo,
  ScheduleRun,
  Series,
  TaskInfo,
  WorkerInfo,
} from '../../core/task.ts'

/** What the console reads: the part of the Inspector that it uses. */
export interface ConsoleReads {
  snapshot(): Promise<readonly QueueInfo[]>
  series(queue: string): Promise<{ readonly seconds: Series }>
  leases(options: { readonly limit: number; readonly queues?: readonly string[] }): Promise<readonly LeaseInfo[]>
  /** Newest first; `scanned` is how many were looked at for this page. */
  deadPage(queue: string, options: DeadPageOptions): Promise<Page<TaskInfo> & { readonly scanned: number }>
  /** Dead tasks by the kind of their failure, counted over all of them. */
  deadGroups(queues?: readonly string[]): Promise<readonly DeadGroup[]>
  /** In the order of `Inspector.tasks`. */
  tasks(queue: string, state: State, options: PageOptions): Promise<Page<TaskInfo>>
  /** Newest first, of all queues. */
  audit(options: { readonly limit: number }): Promise<readonly AuditEntry[]>
  workers(): Promise<readonly WorkerInfo[]>
  schedules(): Promise<readonly ScheduleInfo[]>
  /** With its last runs, newest first. */
  schedule(name: string): Promise<(ScheduleInfo & { readonly runs: readonly ScheduleRun[] }) | undefined>
  redisInfo(): Promise<RedisInfo>
  task(id: string, queue?: string): Promise<TaskInfo | undefined>
  /** What a task depends on, and what depends on it. */
  relations(task: { readonly queue: string; readonly id: string }): Promise<Relations>
  /** Why it does not run, or what became of it. */
  explain(id: string, queue?: string): Promise<Explanation>
  /** By queue, of those that have one. */
  objectives(infos: readonly QueueInfo[]): Promise<ReadonlyMap<string, ObjectiveReport>>
}

export interface PageOptions {
  readonly cursor?: string
  readonly limit: number
}

export interface DeadPageOptions extends PageOptions {
  /** Only those that died up to then, ms. */
  readonly beforeMs?: number
}

/** `requested`: it runs, and its worker is asked to stop; `final`: it had ended already. */
export type CancelWord = 'cancelled' | 'requested' | 'final' | 'not_found'

/** `not_waiting`: it is in line already, runs, or has ended. */
export type HastenWord = 'hastened' | 'not_waiting' | 'not_found'
/** `changed`: somebody else edited it meanwhile; `duplicate`: another task has its idempotency key. */
export type EditWord = 'replayed' | 'duplicate' | 'changed' | 'not_dead'

/** What the console changes: the part of the Operator that it uses. Calls with one `operation` are undone as one. */
export interface ConsoleChanges {
  pause(queue: string): Promise<'paused' | 'resumed' | 'unchanged'>
  resume(queue: string): Promise<'paused' | 'resumed' | 'unchanged'>
  replay(
    queue: string,
    ids: readonly string[],
    options: { readonly operation: string },
  ): Promise<{
    readonly replayed: readonly string[]
    readonly duplicates: readonly { readonly id: string }[]
    readonly skipped: readonly string[]
  }>
  purge(
    queue: string,
    ids: readonly string[],
    options: { readonly operation: string },
  ): Promise<{ readonly purged: readonly string[]; readonly skipped: readonly string[] }>
  undo(
    queue: string,
    selection: { readonly operation?: string },
  ): Promise<{ readonly restored: readonly string[]; readonly skipped: readonly string[] }>
  /** Per task, in order, what came of it. */
  cancel(queue: string, ids: readonly string[]): Promise<readonly CancelWord[]>
  /** Per task that waits for a time, in order, what came of it. */
  hasten(queue: string, ids: readonly string[]): Promise<readonly HastenWord[]>
  /** What an edit begins with; undefined when the task is not dead. */
  editable(queue: string, id: string): Promise<Editable | undefined>
  replayEdited(
    queue: string,
    id: string,
    shown: Editable,
    payloadJson: string,
  ): Promise<{ readonly word: EditWord; readonly owner: string | undefined }>
  enqueue(type: string, payload: Json, options: { readonly queue?: string }): Promise<{ readonly id: string }>
  quiet(workerId: string, on: boolean): Promise<boolean>
  /** Undefined when there is none. */
  enableSchedule(name: string, enabled: boolean): Promise<Pick<ScheduleInfo, 'nextRunAtMs'> | undefined>
  triggerSchedule(name: string): Promise<Triggered | undefined>
}

/** Bulk operations, which live in Redis: the part of `Operations` that the console uses. */
export interface ConsoleOperations {
  /** The queues that have a running one. */
  running(queues: readonly string[]): Promise<readonly string[]>
  /** Newest first, those that are over included. */
  list(queue: string): Promise<readonly OperationInfo[]>
  find(queue: string, id: string): Promise<OperationInfo | undefined>
  /** @param beforeMs by Redis's clock: what dies from then on is left alone. */
  begin(queue: string, what: NewOperation, beforeMs: number): Promise<{ readonly id: string }>
  step(queue: string, id: string): Promise<StepReport>
  steer(queue: string, id: string, action: Steer): Promise<OperationState | 'unknown'>
}

/** One Redis behind the console. */
export interface ConsoleSource {
  /** For the header and for messages; without a password. */
  readonly address: string
  readonly namespace: string
  readonly reads: ConsoleReads
  readonly changes: ConsoleChanges
  readonly operations: ConsoleOperations
  /** What changes things, with a reason beside the name in the audit. */
  because(reason: string): Pick<ConsoleSource, 'changes' | 'operations'>
  /** Resolves when commands can be sent. @throws DqError `unavailable` or `credentials` within `timeoutMs` */
  ready(timeoutMs: number): Promise<void>
  /** Calls back when the connection is there again. */
  onUp(listener: () => void): void
  close(): Promise<void>
}

/** A task as the library names it. Never drawn: only its `Safe` twin is. */
export interface TaskRef {
  readonly queue: string
  readonly id: string
}

export const keyOf = ({ queue, id }: TaskRef): string => `${queue}\0${id}`
export const sameRef = (a: TaskRef | undefined, b: TaskRef | undefined): boolean =>
  a?.queue === b?.queue && a?.id === b?.id
