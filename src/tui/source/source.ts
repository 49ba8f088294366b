import type {
  LeaseInfo,
  Page,
  QueueInfo,
  RedisInfo,
  ScheduleInfo,
  Series,
  TaskInfo,
  WorkerInfo,
} from '../../core/task.ts'

/** What the console reads: the part of the Inspector that it uses. */
export interface ConsoleReads {
  snapshot(): Promise<readonly QueueInfo[]>
  series(queue: string): Promise<{ readonly seconds: Series }>
  leases(options: { readonly limit: number }): Promise<readonly LeaseInfo[]>
  /** Newest first; `scanned` is how many were looked at for this page. */
  deadPage(queue: string, options: DeadPageOptions): Promise<Page<TaskInfo> & { readonly scanned: number }>
  workers(): Promise<readonly WorkerInfo[]>
  schedules(): Promise<readonly ScheduleInfo[]>
  redisInfo(): Promise<RedisInfo>
  task(id: string, queue?: string): Promise<TaskInfo | undefined>
}

export interface DeadPageOptions {
  readonly cursor?: string
  readonly limit: number
  /** Only those that died up to then, ms. */
  readonly beforeMs?: number
}

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
  quiet(workerId: string, on: boolean): Promise<boolean>
}

/** One Redis behind the console. */
export interface ConsoleSource {
  /** For the header and for messages; without a password. */
  readonly address: string
  readonly namespace: string
  readonly reads: ConsoleReads
  readonly changes: ConsoleChanges
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
