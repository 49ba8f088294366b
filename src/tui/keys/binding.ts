import type { State } from '../../core/states.ts'
import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Scene } from '../state/scene.ts'
import type { Copied } from '../state/copied.ts'
import type { Plan } from '../state/plan.ts'
import type { Ui } from '../state/state.ts'

/** What can be done to many tasks at once; `purge` is a delete of all that match. */
export type Verb = 'replay' | 'delete' | 'purge' | 'cancel' | 'run'

/** What a key sets going outside the state. */
export type Effect =
  | { readonly kind: 'quit' | 'refresh' | 'repaint' | 'suspend' | 'stop-job' }
  /** `dry-run` only looks at what a change would meet. */
  | { readonly kind: 'run' | 'dry-run'; readonly plan: Plan }
  | Copied
  /** Finds every task that is meant and was there by then, and asks with the exact count. */
  | {
      readonly kind: 'collect'
      readonly verb: Verb
      readonly queues: readonly string[]
      readonly states: readonly State[]
      readonly filter: string
      /** By Redis's clock. */
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
  /** On screens of at least so many columns it is always in the last row. */
  readonly pinnedFrom?: number
  /** A short sentence for the help. */
  readonly help: Safe
  /** Changes something in Redis: refused while read-only, disconnected, stale or frozen. */
  readonly isChange?: true
  readonly run: (scene: Scene, key: string) => Step
}
