import type { Lane } from './lane.ts'

/**
 * The wait for silence before a suspect: it may have killed its last worker, so it runs with nothing beside it. Long
 * tasks may keep the worker busy for ever, so patience ends; it then goes on as usual for four times as long, and is
 * twice as patient the next time. Meanwhile another worker can take the part.
 */
export class Drain {
  lane: Lane | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #onGivenUp: () => void

  constructor(onGivenUp: () => void) {
    this.#onGivenUp = onGivenUp
  }

  get isOn(): boolean {
    return this.lane !== undefined
  }

  /** @returns whether it waits, now or already. */
  begin(lane: Lane, now: number): boolean {
    if (this.lane !== undefined) return true
    if (lane.deafUntil > now) return false
    this.lane = lane
    this.#timer = setTimeout(() => {
      lane.deafUntil = performance.now() + 4 * lane.patienceMs
      lane.patienceMs *= 2
      this.end()
      this.#onGivenUp()
    }, lane.patienceMs)
    return true
  }

  end(): void {
    clearTimeout(this.#timer)
    this.lane = undefined
  }

  /** A suspect was granted. */
  succeeded(lane: Lane, leaseMs: number): void {
    lane.patienceMs = leaseMs
    lane.deafUntil = 0
  }
}
