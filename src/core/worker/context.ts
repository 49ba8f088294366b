import { rateLimited } from '../errors.ts'
import type { Events, LogLevel } from '../events.ts'
import type { TaskContext, TaskLog } from '../handlers.ts'
import { policyOf } from './options.ts'
import type { Running } from './running.ts'

export type Enqueue = TaskContext['enqueue']

/** Where nobody traces, what a handler enqueues is still a part of the trace that its own task came with. */
export const continuing = (enqueue: Enqueue, traceparent: string | undefined): Enqueue =>
  traceparent === undefined ? enqueue : (task, payload, options) => enqueue(task, payload, { traceparent, ...options })

/** What all contexts of a worker share. */
export interface ContextParts {
  readonly events: Events
  readonly maxRetries: number
  readonly enqueue: Enqueue
  readonly progress: (run: Running, value: number) => void
  readonly parents: (task: { readonly queue: string; readonly id: string }) => ReturnType<TaskContext['parents']>
}

/**
 * What a handler gets beside its payload. One is made per task, so everything that costs is made when it is touched;
 * functions are bound, so that they may be taken out of it.
 */
export class Context implements TaskContext {
  readonly #run: Running
  readonly #parts: ContextParts

  constructor(run: Running, parts: ContextParts) {
    this.#run = run
    this.#parts = parts
  }

  get id(): string {
    return this.#run.task.id
  }

  get type(): string {
    return this.#run.task.envelope.type
  }

  get queue(): string {
    return this.#run.grant.lane.queue
  }

  get attempt(): number {
    return this.#run.task.attempt
  }

  get maxAttempts(): number {
    const { task, definition } = this.#run
    if (definition === undefined) return task.attempt
    return task.attempt + Math.max(0, policyOf(this.#parts, definition, task.envelope.maxRetries).limit - task.retries)
  }

  get signal(): AbortSignal {
    return this.#run.signal
  }

  get fence(): number {
    return this.#run.task.fence
  }

  get log(): TaskLog {
    const run = this.#run
    const { events } = this.#parts
    const at =
      (level: LogLevel): TaskLog[LogLevel] =>
      (message, fields) =>
        events.emit('task.log', { ...run.event, level, message, fields })
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  get progress(): TaskContext['progress'] {
    const run = this.#run
    const { progress } = this.#parts
    return (value) => progress(run, value)
  }

  get rateLimited(): TaskContext['rateLimited'] {
    return rateLimited
  }

  get enqueue(): Enqueue {
    const { enqueue } = this.#parts
    const { span, traceparent } = this.#run
    return span === undefined ? continuing(enqueue, traceparent) : enqueue
  }

  get parents(): TaskContext['parents'] {
    const { queue, id } = this
    const { parents } = this.#parts
    return () => parents({ queue, id })
  }
}
