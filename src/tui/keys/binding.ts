import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Scene } from '../state/scene.ts'
import type { Plan } from '../state/plan.ts'
import type { Ui } from '../state/state.ts'

/** What a key sets going outside the state. */
export type Effect =
  | { readonly kind: 'quit' | 'refresh' | 'repaint' | 'suspend' | 'stop-job' }
  | { readonly kind: 'run'; readonly plan: Plan }
  /** Finds every dead task that is meant, up to now, and asks with the exact count. */
  | {
      readonly kind: 'collect-purge'
      readonly queues: readonly string[]
      readonly filter: string
      readonly beforeMs: number
    }

/** What a key does: a change of the screen, and effects. */
export interface Step {
  readonly ui?: Partial<Ui>
  /** Where a text goes from line `at`, with `page` lines on the screen; beyond its ends is fine. */
  readonly scroll?: (at: number, page: number) => number
  /** Opens the question that goes before a change. */
  readonly ask?: Plan
  /** Says something in the last row for some seconds. */
  readonly say?: { readonly text: Safe; readonly tone: Tone }
  readonly effects?: readonly Effect[]
}

/** One row of the key registry: dispatch, footer, help and the manual all come from these. */
export interface Binding {
  /** Names of keys as `keyNames` gives them. */
  readonly keys: readonly string[]
  /** The keys as they are written on the screen. */
  readonly shows: Safe
  /** One or two words for the last row; absent: not shown there. */
  readonly hint?: Safe
  /** The hint is not worth its place now. */
  readonly isIdle?: (scene: Scene) => boolean
  /** Always in the last row, at its end. */
  readonly isPinned?: true
  /** A short sentence for the help. */
  readonly help: Safe
  /** Changes something in Redis: refused while read-only, disconnected, stale or frozen. */
  readonly isChange?: true
  readonly run: (scene: Scene, key: string) => Step
}
