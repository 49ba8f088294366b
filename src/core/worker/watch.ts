import type { Grants } from './grants.ts'
import type { Grant, Running } from './running.ts'
import type { Slots } from './slots.ts'

export interface WatchParts {
  readonly slots: Slots
  readonly grants: Grants
  readonly leaseMs: number
  /** The deadline of a task has passed. */
  readonly onExpired: (run: Running) => void
  /** No renewal has succeeded for as long as a lease lasts. */
  readonly onLost: (grant: Grant) => void
}

/** Timers take no more than 2^31 - 1 ms; a longer one would fire at once. */
const TIMER_MOST_MS = 2_000_000_000

/** Watches deadlines and leases by the monotonic clock: one timer, for whatever ends first. */
export class Watch {
  readonly #parts: WatchParts
  #timer: NodeJS.Timeout | undefined
  #at = Number.POSITIVE_INFINITY

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** Something ends at this time. */
  see(at: number): void {
    if (at >= this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    this.#timer = setTimeout(
      () => this.#look(),
      Math.min(Math.max(1, Math.ceil(at - performance.now())), TIMER_MOST_MS),
    )
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#at = Number.POSITIVE_INFINITY
  }

  #look(): void {
    this.#at = Number.POSITIVE_INFINITY
    const now = performance.now()
    const { slots, grants, leaseMs, onExpired, onLost } = this.#parts
    // A copy: what has expired leaves the list.
    for (const run of slots.running.slice()) {
      if (run.deadlineAt <= now) onExpired(run)
      else this.see(run.deadlineAt)
    }
    for (const grant of grants) {
      if (grant.lost) continue
      const endsAt = Math.max(grant.claimedAt, grants.live.renewedAt(grant.entry)) + leaseMs
      if (endsAt <= now) onLost(grant)
      else this.see(endsAt)
    }
  }
}
