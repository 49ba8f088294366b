import type { Data } from '../source/data.ts'
import type { Wants } from '../source/reader.ts'
import type { Line } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Binding } from '../keys/binding.ts'
import type { Scene } from '../state/scene.ts'
import type { ViewId } from '../state/view-names.ts'

/** What a tab says of its view: how many, and whether somebody should look. */
export interface Badge {
  readonly text: Safe
  /** For narrow screens, where it is shorter. */
  readonly brief?: Safe
  readonly isAlarm: boolean
}

/** One of the lists side by side. A new one is a file with such an object, its names, and a word in `views.ts`. */
export interface View {
  readonly id: ViewId
  readonly title: Safe
  /** For narrow screens. */
  readonly short: Safe
  badge(data: Data): Badge | undefined
  /** What the poller reads while this is shown. */
  wants(scene: Scene): Partial<Wants>
  readonly bindings: readonly Binding[]
  readonly hasMarks: boolean
  /** Ids of the columns it can be sorted by, left to right. */
  readonly sortable: readonly string[]
  /** Keys of the rows that the cursor can be on, in the order shown. */
  keys(scene: Scene): readonly string[]
  /** How many of them are on the screen. */
  height(scene: Scene): number
  /** At most as many lines as the body has rows. */
  draw(scene: Scene): readonly Line[]
}
