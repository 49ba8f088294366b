/**
 * A part of the daemon that runs on its own. Starting twice is starting once; stopping is harmless at any time: before
 * the start, during it, and repeated. A component that was stopped stays stopped.
 */
export interface Component {
  readonly name: string
  /** Resolves once it runs; Redis need not be reachable. */
  start(): Promise<void>
  /** Resolves once it does nothing any more. */
  stop(): Promise<void>
  /** How its loop turns, for those that watch over it; only of a component that has one. */
  readonly turns?: () => Turns
}

export interface Turns {
  /** Since a turn last succeeded, or since the start, ms. */
  readonly sinceMs: number
  /** How long the present turn has been taking, or how much too late the next one is, ms. */
  readonly lateMs: number
}

/** Of several loops those of the worst. */
export const worstOf = (all: readonly Turns[]): Turns => ({
  sinceMs: Math.max(0, ...all.map(({ sinceMs }) => sinceMs)),
  lateMs: Math.max(0, ...all.map(({ lateMs }) => lateMs)),
})
