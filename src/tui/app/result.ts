import type { Change } from '../state/plan.ts'
import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'

/** What came of a change, in words, and what follows from it. */
export interface Result {
  readonly text: Safe
  readonly tone: Tone
  /** Of something that goes on beside the change under way. */
  readonly isAside?: true
  /** What can now be undone. */
  readonly change?: Change
  /** A change that was undone and is out of the list. */
  readonly undone?: Change
  /** Rows that are no longer what was marked. */
  readonly acted?: readonly string[]
}
