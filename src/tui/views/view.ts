import type { Data } from '../source/data.ts'
import type { Wants } from '../source/reader.ts'
import type { Line } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Binding } from '../keys/binding.ts'
import type { Scene } from '../state/scene.ts'
import type { Ui } from '../state/state.ts'
import type { TaskRef } from '../source/source.ts'
import type { ListId } from '../state/view-names.ts'

/** What a tab says of its view: how many, and whether somebody should look. */
export interface Badge {
  readonly text: Safe
  /** For narrow screens, where it is shorter. */
  readonly brief?: Safe
  readonly isAlarm: boolean
}

/** What of a list can be copied or written to a file. */
export interface Handed {
  /** Of the row under the cursor. */
  readonly name: Safe | undefined
  readonly ref: TaskRef | undefined
  readonly row: readonly Safe[]
  readonly heads: readonly Safe[]
  /** The marked rows that are shown, else all that are shown. */
  readonly cells: readonly (readonly Safe[])[]
  readonly refs: readonly TaskRef[]
  readonly isMarked: boolean
}

/** One of the lists side by side. A new one is a file with such an object, its names, and a word in `views.ts`. */
export interface View {
  readonly id: ListId
  readonly title: Safe
  /** For narrow screens. */
  readonly short: Safe
  badge(data: Data): Badge | undefined
  /** What the poller reads while this is shown. */
  wants(scene: Scene): Partial<Wants>
  readonly bindings: readonly Binding[]
  readonly hasMarks: boolean
  /** How `/` narrows it down: by a text, by words about tasks, by those while it is read; absent: not at all. */
  readonly narrowing?: 'text' | 'words' | 'pages' | undefined
  /** Whether it can show only what somebody should look at. */
  readonly hasProblems?: boolean
  /** The tasks shown, in order; absent when its rows are none. */
  refs?(scene: Scene): readonly TaskRef[]
  /** Whether all its rows were read. */
  isWhole?(scene: Scene): boolean
  handed?(scene: Scene): Handed
  /** The dead tasks that can be told apart by what they died of: of which queue or of all, and how many. */
  dead?(scene: Scene): { readonly queue: string | undefined; readonly total: number } | undefined
  /** Goes to its next or previous section. */
  turn?(scene: Scene, by: 1 | -1): Partial<Ui> | undefined
  /** Ids of the columns it can be sorted by, left to right. */
  readonly sortable: readonly string[]
  /** Keys of the rows that the cursor can be on, in the order shown. */
  keys(scene: Scene): readonly string[]
  /** How many of them are on the screen. */
  height(scene: Scene): number
  /** At most as many lines as the body has rows. */
  draw(scene: Scene): readonly Line[]
}
