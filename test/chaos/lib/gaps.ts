import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RedisClient } from '../../../src/core/redis.ts'
import type { QueueKeys } from '../../../src/core/keys.ts'

const LOOK_MS = 50

/**
 * How long nobody swept, and how late timers of this process came: what tells a slow recovery from a slow machine, since
 * a sweep after a long gap holds back.
 */
export class Gaps {
  readonly #delay = monitorEventLoopDelay({ resolution: 10 })
  readonly #timer: NodeJS.Timeout
  #last = 0
  #longestMs = 0

  constructor(redis: RedisClient, keys: QueueKeys) {
    this.#delay.enable()
    this.#timer = setInterval(() => {
      // Redis may be away on purpose, which is a gap too, and the next answer shows it.
      redis.call('HGET', keys.meta, 'swept').then(
        (swept) => this.#see(Number(swept ?? 0)),
        () => {},
      )
    }, LOOK_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#delay.disable()
  }

  get figures(): { readonly sweep_gap_ms: number; readonly own_lag_ms: number } {
    return { sweep_gap_ms: this.#longestMs, own_lag_ms: Math.round(this.#delay.max / 1e6) }
  }

  #see(sweptMs: number): void {
    if (sweptMs <= this.#last) return
    if (this.#last > 0) this.#longestMs = Math.max(this.#longestMs, sweptMs - this.#last)
    this.#last = sweptMs
  }
}
