import type { RedisClient } from '../core/redis.ts'
import type { Component, Turns } from '../core/upkeep/component.ts'
import type { Worker } from '../core/worker/worker.ts'

/** A loop that has not turned for so long hangs; the longest blocking read ends well before it. */
const STALLED_MS = 10_000
/** Twice the time between two heartbeats: they fail. */
const SILENT_MS = 20_000
/** Who asks often gets the last answer for so long. */
const FRESH_MS = 1_000
const ANSWER_MS = 1_000

export interface LivenessParts {
  readonly redis: RedisClient
  readonly components: readonly Component[]
  readonly worker: Worker | undefined
}

/** Whether what should turn in this daemon turns. */
export class Liveness {
  readonly #parts: LivenessParts
  #upAtMs = performance.now()
  #answeredAtMs = -Infinity
  #asking: Promise<boolean> | undefined

  constructor(parts: LivenessParts) {
    this.#parts = parts
  }

  /** Redis is back: the loops get their time from now on. */
  redisIsBack(): void {
    this.#upAtMs = performance.now()
  }

  /** By the name of each loop. */
  turns(): ReadonlyMap<string, Turns> {
    const { components, worker } = this.#parts
    const all = new Map<string, Turns>()
    for (const { name, turns } of components) if (turns !== undefined) all.set(name, turns())
    if (worker === undefined) return all
    const sinceMs = Math.max(0, Date.now() - worker.stats().lastTurnAtMs)
    return all.set('claims', { sinceMs, lateMs: sinceMs })
  }

  /** Undefined when all of them turn, as while Redis is known to be away: then they wait for it. */
  stalled(): string | undefined {
    if (!this.#parts.redis.isUp) return undefined
    const upForMs = performance.now() - this.#upAtMs
    for (const [name, { lateMs, sinceMs }] of this.turns()) {
      if (Math.min(lateMs, upForMs) >= STALLED_MS) return name
      if (name === 'heartbeat' && Math.min(sinceMs, upForMs) >= SILENT_MS) return name
    }
    return undefined
  }

  /** Whether Redis answers now, not only whether a connection to it seems to be there. */
  answers(): Promise<boolean> {
    if (performance.now() - this.#answeredAtMs < FRESH_MS) return Promise.resolve(true)
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ANSWER_MS)))
    const answer = this.#parts.redis.call('PING').then(
      () => true,
      () => false, // why not is told as `redis.down`
    )
    const isThere = await Promise.race([answer, tooLate])
    clearTimeout(timer)
    if (isThere) this.#answeredAtMs = performance.now()
    return isThere
  }
}
