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
}
