import type { Component } from '../core/upkeep/component.ts'

const EVERY_MS = 250

/** How late timers come: the longest delay since it was last asked for. */
export class LoopLag implements Component {
  readonly name = 'loop-lag'
  #timer: NodeJS.Timeout | undefined
  #expectedMs = 0
  #worstMs = 0

  start(): Promise<void> {
    if (this.#timer === undefined) {
      this.#expectedMs = performance.now() + EVERY_MS
      this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref()
    }
    return Promise.resolve()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    return Promise.resolve()
  }

  #tick(): void {
    const now = performance.now()
    this.#worstMs = Math.max(this.#worstMs, now - this.#expectedMs)
    this.#expectedMs = now + EVERY_MS
  }

  takeSeconds(): number {
    const worst = this.#worstMs
    this.#worstMs = 0
    return Math.max(0, worst) / 1_000
  }
}
