import { DqError, messageOf } from '../../core/errors.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { type Clock, CLOCK } from './clock.ts'
import { type Data, type Link, paceMs } from './data.ts'
import { withDeadline } from './deadline.ts'
import { Reader, type Wants } from './reader.ts'
import type { ConsoleSource } from './source.ts'

export interface PollerOptions {
  readonly source: ConsoleSource
  /** What is shown now: asked anew before every reading. */
  readonly wants: () => Wants
  readonly before: () => Data
  readonly publish: (data: Data) => void
  readonly intervalMs: () => number
  readonly clock?: Clock
  readonly random?: () => number
}

const DEADLINE_MS = 2_000
/** Shorter, so that the reason why there is no connection comes before the deadline does. */
const READY_MS = 1_500
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 10_000] as const

/** What to look at when Redis cannot be read. */
function remedyOf(error: unknown): Safe {
  const code = error instanceof DqError ? error.code : undefined
  if (code === 'credentials')
    return say`Check REDIS_USERNAME and REDIS_PASSWORD, or the user and password in --redis-url, and the ACL.`
  if (code === 'timeout') return say`It accepts connections but gives no answer: busy, frozen, or behind a slow link.`
  if (code === 'format') return say`Run the dq-top of the version that the daemons are of.`
  if (code === 'unavailable')
    return say`Is it running there? The address comes from --redis-url, REDIS_URL, or a daemon with --embedded.`
  return say`This Redis answers in a way this version does not know; is another program's data under this namespace?`
}

/**
 * Reads at the interval, one reading at a time, and publishes what it found. When Redis does not answer it keeps what
 * was read last, says so, and tries again with growing pauses, for ever.
 */
export class Poller {
  readonly #options: PollerOptions
  readonly #reader: Reader
  readonly #clock: Clock
  readonly #random: () => number
  #isRunning = false
  #isPoked = false
  #wake: () => void = () => {}

  constructor(options: PollerOptions) {
    this.#options = options
    this.#clock = options.clock ?? CLOCK
    this.#random = options.random ?? Math.random
    this.#reader = new Reader(options.source, this.#clock)
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#options.source.onUp(() => this.poke())
    void this.#run()
  }

  /** Read now, or once more after the reading that is under way: somebody looks at something else. */
  poke(): void {
    this.#isPoked = true
    this.#wake()
  }

  stop(): void {
    this.#isRunning = false
    this.#wake()
  }

  async #run(): Promise<void> {
    while (this.#isRunning) {
      this.#isPoked = false
      const pauseMs = await this.#turn()
      if (this.#isRunning && !this.#isPoked) await this.#sleep(pauseMs)
    }
  }

  /** @returns how long to wait before the next one, ms. */
  async #turn(): Promise<number> {
    const { source, wants, before, publish, intervalMs } = this.#options
    try {
      const update = await withDeadline(this.#read(source, wants()), Math.max(DEADLINE_MS, intervalMs()))
      if (!this.#isRunning) return 0
      const last = before()
      const goodReadings = last.link.kind === 'up' ? last.goodReadings + 1 : 1
      publish({ ...last, ...update, link: { kind: 'up' }, readAtMs: this.#clock.nowMs(), goodReadings })
      return this.#untilNext(intervalMs(), update.latencyMs ?? 0)
    } catch (error) {
      const pauseMs = this.#failed(error)
      return pauseMs
    }
  }

  async #read(source: ConsoleSource, wants: Wants): Promise<Partial<Data>> {
    await source.ready(READY_MS)
    return this.#reader.read(this.#options.before(), wants)
  }

  #failed(error: unknown): number {
    if (!this.#isRunning) return 0
    const last = this.#options.before()
    const nowMs = this.#clock.nowMs()
    const was = last.link.kind === 'down' ? last.link : undefined
    const tries = (was?.tries ?? 0) + 1
    const pauseMs = BACKOFF_MS[Math.min(tries, BACKOFF_MS.length) - 1]! * (0.8 + 0.4 * this.#random())
    const link: Link = {
      kind: 'down',
      sinceMs: was?.sinceMs ?? last.readAtMs ?? nowMs,
      tries,
      retryAtMs: nowMs + pauseMs,
      reason: safeLine(messageOf(error)),
      remedy: remedyOf(error),
    }
    this.#reader.forget()
    this.#options.publish({ ...last, link, goodReadings: 0 })
    return pauseMs
  }

  /** Readings begin with the wall-clock second, so that the clock and the data change in one frame; a slow Redis is asked less often. */
  #untilNext(intervalMs: number, latencyMs: number): number {
    const stepMs = paceMs(intervalMs, latencyMs)
    return stepMs - (this.#clock.nowMs() % stepMs)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
    })
  }
}
