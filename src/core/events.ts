import type { DeadReason } from './outcome.ts'
import type { Repaired } from './verbs.ts'

/** What every event of one task says. */
export interface TaskEvent {
  readonly id: string
  readonly type: string
  readonly queue: string
  /** 1 for the first run. */
  readonly attempt: number
  /** Of the trace that it belongs to, as W3C writes it; undefined without one. */
  readonly traceId?: string | undefined
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * Every event and what it carries. Times are ms. Messages may quote what a handler threw: show them escaped. What a
 * handler of an encrypted task threw they do not say.
 */
export interface EventMap {
  /** `waitMs`: from when it could have run to now; undefined when that is not known. */
  'task.started': TaskEvent & { readonly waitMs: number | undefined }
  'task.completed': TaskEvent & { readonly durationMs: number; readonly late: boolean }
  'task.retrying': TaskEvent & {
    readonly delayMs: number
    readonly reason: 'error' | 'timeout'
    readonly error: string
    readonly durationMs: number
  }
  /** The process or thread in which it ran by itself died; it stands in front of its line again. */
  'task.crashed': TaskEvent & { readonly error: string; readonly durationMs: number }
  'task.dead': TaskEvent & { readonly reason: DeadReason; readonly error: string; readonly durationMs: number }
  /** Given back to the front of its line, uncounted. */
  'task.released': TaskEvent
  'task.snoozed': TaskEvent & { readonly delayMs: number }
  /** No handler for its type here, or `missingKey` not, with which its payload is encrypted; put off, uncounted. */
  'task.unknown': TaskEvent & { readonly delayMs: number; readonly missingKey: string | undefined }
  'task.cancelled': TaskEvent
  /** What the run ended with was refused: the task was no longer this worker's. */
  'task.stale': TaskEvent
  /** A handler goes on after its deadline: it keeps its slot. */
  'task.zombie': TaskEvent
  'task.log': TaskEvent & {
    readonly level: LogLevel
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>> | undefined
  }
  'lease.lost': {
    readonly queue: string
    readonly nonce: string
    readonly ids: readonly string[]
    readonly tasks: readonly TaskEvent[]
  }
  'worker.started': { readonly id: string; readonly queues: readonly string[]; readonly slots: number }
  'worker.stopping': { readonly id: string; readonly busy: number; readonly graceMs: number }
  'worker.stopped': { readonly id: string; readonly released: number }
  /** Something failed and will be tried again. `doing`: claim, settle, wait, renew, register, … */
  'worker.error': {
    readonly id: string
    readonly queue: string | undefined
    readonly doing: string
    readonly error: Error
  }
  'reaper.reaped': {
    readonly queue: string
    readonly id: string
    readonly worker: string
    /** What it is, as far as it is still there: the attempt is the one that was lost. */
    readonly type?: string | undefined
    readonly attempt?: number | undefined
    readonly traceId?: string | undefined
    readonly outcome: 'reaped' | 'poison' | 'cancelled'
  }
  /** The books of a queue did not balance, and were mended. `repaired`: the first ten. */
  'reaper.repaired': { readonly queue: string; readonly count: number; readonly repaired: readonly Repaired[] }
  'scheduler.promoted': { readonly queue: string; readonly count: number }
  'schedule.fired': TaskEvent & { readonly name: string }
  /** Slots that will not run: missed while nobody was there to fire them, or since the run before went on. */
  'schedule.passed': {
    readonly name: string
    readonly queue: string
    readonly why: 'missed' | 'overlap'
    readonly count: number
  }
  'redis.down': { readonly address: string; readonly error: Error | undefined }
  'redis.up': { readonly address: string }
  /** A listener threw; the one who emitted is not disturbed. */
  'listener.failed': { readonly event: string; readonly error: Error }
}

export type EventName = keyof EventMap
type Listener<N extends EventName> = (data: EventMap[N]) => void

/** A typed emitter. Listeners run at once and in order; one that throws disturbs neither the others nor the emitter. */
export class Events {
  readonly #listeners = new Map<EventName, readonly Listener<EventName>[]>()

  /** @returns call it to stop listening. */
  on<N extends EventName>(name: N, listener: Listener<N>): () => void {
    // An own wrapper per registration, so that ending one of two equal ones ends that one.
    const own = (data: EventMap[EventName]): void => listener(data as EventMap[N])
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own])
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((one) => one !== own)
      if (left.length > 0) this.#listeners.set(name, left)
      else this.#listeners.delete(name)
    }
  }

  /** Whether anybody listens: spares building what nobody reads. */
  has(name: EventName): boolean {
    return this.#listeners.has(name)
  }

  emit<N extends EventName>(name: N, data: EventMap[N]): void {
    const listeners = this.#listeners.get(name)
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(data)
      } catch (thrown) {
        if (name === 'listener.failed') continue
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        this.emit('listener.failed', { event: name, error })
      }
    }
  }
}
