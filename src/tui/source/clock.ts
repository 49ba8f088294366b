/** Time as the console knows it; an argument, so that tests decide it. */
export interface Clock {
  /** Since the epoch, by the machine's clock, ms. */
  readonly nowMs: () => number
  /** Never steps back; for measuring, ms. */
  readonly steadyMs: () => number
}

export const CLOCK: Clock = { nowMs: () => Date.now(), steadyMs: () => performance.now() }
