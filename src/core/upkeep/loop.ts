import { DqError, messageOf } from '../errors.ts'
import type { RedisClient } from '../redis.ts'
import type { Component, Turns } from './component.ts'
import type { Tell } from './tell.ts'
import { linkOf } from './redis-link.ts'

export interface LoopOptions {
  readonly name: string
  readonly redis: RedisClient
  readonly log: Tell
  /** One turn. Returns how long to sleep, ms. */
  readonly body: () => Promise<number>
  readonly random?: () => number
}

const BACKOFF_FIRST_MS = 200
const BACKOFF_MOST_MS = 5_000
/** While Redis is away nothing is tried; its return ends the sleep. */
const DOWN_SLEEP_MS = 5_000
/** A turn that waits for an answer of a lost Redis is not waited for any longer. */
const STOP_WAIT_MS = 1_000

/** Errors that are told once for the whole daemon, as `redis.down`. */
const isOutage = (error: unknown): boolean => error instanceof DqError && error.isTransient

/** Runs a body again and again until it is stopped. Failures are survived with a growing, jittered pause. */
export class Loop implements Component {
  readonly name: string
  readonly #options: LoopOptions
  #running: Promise<void> | undefined
  #stopped = false
  #failures = 0
  #lastFailure = ''
  /** When the turn that runs now has to be followed by another one at the latest. */
  #askedForMs = Infinity
  #wakeAtMs = Infinity
  #turnedAtMs = performance.now()
  /** Undefined while it sleeps. */
  #turnsSinceMs: number | undefined
  #endSleep: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: LoopOptions) {
    this.name = options.name
    this.#options = options
  }

  start(): Promise<void> {
    if (this.#running === undefined) this.#turnedAtMs = performance.now()
    if (!this.#stopped) this.#running ??= this.#run()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#endSleep?.()
    if (this.#running === undefined) return
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_WAIT_MS)))
    await Promise.race([this.#running, tooLong])
    clearTimeout(timer)
  }

  readonly turns = (): Turns => {
    const now = performance.now()
    const dueMs = this.#turnsSinceMs ?? this.#wakeAtMs
    const isOver = this.#stopped || this.#running === undefined
    return { sinceMs: now - this.#turnedAtMs, lateMs: isOver ? 0 : Math.max(0, now - dueMs) }
  }

  /** Makes the present sleep, or the next one, end in `inMs` at the latest. */
  nudge(inMs = 0): void {
    const atMs = performance.now() + inMs
    if (this.#endSleep === undefined) this.#askedForMs = Math.min(this.#askedForMs, atMs)
    else if (inMs <= 0) this.#endSleep()
    else if (atMs < this.#wakeAtMs) this.#setTimer(inMs)
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer)
    this.#wakeAtMs = performance.now() + ms
    this.#timer = setTimeout(() => this.#endSleep?.(), ms)
  }

  async #run(): Promise<void> {
    const off = linkOf(this.#options.redis).onState((state) => state === 'up' && this.nudge())
    while (!this.#stopped) await this.#sleep(await this.#turn())
    off()
  }

  async #turn(): Promise<number> {
    if (!this.#options.redis.isUp) return DOWN_SLEEP_MS
    this.#askedForMs = Infinity
    this.#turnsSinceMs = performance.now()
    try {
      const sleepMs = await this.#options.body()
      this.#recovered()
      this.#turnedAtMs = performance.now()
      return Math.min(sleepMs, this.#askedForMs - this.#turnedAtMs)
    } catch (error) {
      return this.#failed(error)
    } finally {
      this.#turnsSinceMs = undefined
    }
  }

  #recovered(): void {
    if (this.#lastFailure !== '')
      this.#options.log.info('loop.recovered', `${this.name} works again`, { loop: this.name })
    this.#failures = 0
    this.#lastFailure = ''
  }

  #failed(error: unknown): number {
    const message = messageOf(error)
    if (!isOutage(error) && message !== this.#lastFailure) {
      this.#options.log.error('loop.failed', `${this.name} failed and will be tried again: ${message}`, {
        loop: this.name,
      })
      this.#lastFailure = message
    }
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures++, 10))
    return most * (0.5 + (this.#options.random ?? Math.random)() / 2)
  }

  #sleep(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise((resolve) => {
      this.#endSleep = () => {
        clearTimeout(this.#timer)
        this.#endSleep = undefined
        resolve()
      }
      this.#setTimer(Math.max(0, ms))
    })
  }
}
