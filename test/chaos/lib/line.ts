/** How long something took, over all cases of a run; 0 throughout when there was none. */
export interface Spread {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Lease times that a run works with; `short` is for tests, which promise no bound. */
export type Profile = 'fast' | 'full' | 'short'

/** What one run did and found. Printed as one line of JSON; a run adds figures of its own. */
export interface ChaosLine {
  readonly run: string
  readonly seed: number
  readonly profile: Profile
  /** Tasks that the run set out to enqueue. */
  readonly tasks: number
  /** Tasks in the counters of Redis: those whose enqueue was acknowledged, and those whose answer got lost. */
  readonly enqueued: number
  readonly acknowledged: number
  /** Distinct ids whose handler left its effect outside Redis. */
  readonly executed: number
  /** Acknowledged, without an effect, and neither dead nor cancelled. */
  readonly lost: number
  /** Effects beyond the first of each id: allowed, and counted. */
  readonly duplicate_executions: number
  /** Completions that Redis counted beyond one per task: never allowed. */
  readonly duplicate_commits: number
  /** Settles that Redis refused since the task was no longer theirs. */
  readonly stale_rejected: number
  readonly dead: number
  /** Processes ended with SIGKILL. */
  readonly kills: number
  /** Processes stopped with SIGSTOP and continued later. */
  readonly pauses: number
  /** From the death of a process to the moment when it no longer holds a given task. */
  readonly recovery_ms: Spread
  /** What `recovery_ms.max` may be; 0 when the run has no such target. */
  readonly bound_ms: number
  /** What did not hold, in words. */
  readonly violations: readonly string[]
  readonly seconds: number
  readonly [extra: string]: unknown
}

/** @param values in any order; left as they are. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
