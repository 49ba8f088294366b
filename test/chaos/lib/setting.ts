import type { ChaosLine, Profile } from './line.ts'

/** What a run is asked to do. */
export interface Setting {
  readonly seed: number
  readonly profile: Profile
  /** Undefined: the full size of the run. */
  readonly tasks?: number | undefined
  /** Kills, pauses or restarts, whichever the run is about. Undefined: as many as its full size has. */
  readonly faults?: number | undefined
  /** Daemons run from `dist` instead of from `src`: they start in less time. */
  readonly built: boolean
  /** Hears how far the run is. */
  readonly say: (text: string) => void
}

export type Scenario = (setting: Setting) => Promise<ChaosLine>

export interface Times {
  readonly leaseMs: number
  readonly sweepMs: number
  /** Within this after the death of its holder a task is held no longer; 0 promises nothing. */
  readonly boundMs: number
}

export const TIMES: Readonly<Record<Profile, Times>> = {
  fast: { leaseMs: 3_000, sweepMs: 500, boundMs: 4_500 },
  full: { leaseMs: 30_000, sweepMs: 5_000, boundMs: 35_000 },
  short: { leaseMs: 1_000, sweepMs: 200, boundMs: 0 },
}
