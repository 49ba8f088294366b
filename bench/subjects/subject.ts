export const SUBJECTS = ['distributedq', 'encrypted', 'bullmq', 'bee', 'raw'] as const
export type SubjectName = (typeof SUBJECTS)[number]

export const TITLES: Readonly<Record<SubjectName, string>> = {
  distributedq: 'DistributedQ',
  encrypted: 'encrypted',
  bullmq: 'BullMQ',
  bee: 'bee-queue',
  raw: 'raw lists',
}

/** What is enqueued: 160 bytes as JSON, the same object for every subject. */
export const PAYLOAD = { to: 'user@example.com', subject: 'Welcome!', body: 'x'.repeat(100) }
export const TASK_TYPE = 'email'

/** Whether what is done leaves a record: none, or the last 10,000. */
export type Keep = 'nothing' | 'history'
export const HISTORY_COUNT = 10_000

export interface SessionOptions {
  readonly host: string
  readonly port: number
  readonly keep: Keep
}

export interface WorkOptions {
  readonly slots: number
  readonly handler: () => Promise<void>
  /** A task is done as far as the library tells its user. */
  readonly onDone: () => void
}

/** One library at work on the bench's Redis. Everything it opens lives until the process ends. */
export interface Session {
  /** Enqueues `count` tasks by one call of the library's bulk interface. */
  enqueueMany(queue: string, count: number): Promise<void>
  enqueueOne(queue: string): Promise<void>
  /** Starts a worker; resolves when it is running. */
  work(queue: string, options: WorkOptions): Promise<void>
  /** Tasks that wait or run. */
  left(queue: string): Promise<number>
}

export type OpenSession = (options: SessionOptions) => Promise<Session>
