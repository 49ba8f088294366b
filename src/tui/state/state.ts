import { type Data, emptyData } from '../source/data.ts'
import type { TaskRef } from '../source/source.ts'
import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Edit } from './edit.ts'
import { type ListState, EMPTY_LIST } from './list.ts'
import type { Change, Plan } from './plan.ts'
import { VIEW_IDS, type ViewId } from './view-names.ts'

/** What fills the screen. Views are lists side by side; tasks and the help lie on top of them. */
export type Screen =
  | { readonly kind: 'view'; readonly view: ViewId }
  | { readonly kind: 'task'; readonly ref: TaskRef; readonly scroll: number }
  | { readonly kind: 'help'; readonly scroll: number }

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Dialog {
  readonly plan: Plan
  readonly typed: Edit
  /** Keys before then, or of the same burst of input as the key that opened it, were meant for something else. */
  readonly armedAtMs: number
  readonly chunk: number
}

/** A change under way. */
export interface Job {
  readonly label: Safe
  readonly done: number
  readonly total: number
  readonly skipped: number
  readonly isStopping: boolean
}

export interface Flash {
  readonly text: Safe
  readonly tone: Tone
  readonly untilMs: number
}

export interface Ui {
  readonly size: Size
  /** The last one is on top; there is always one. */
  readonly stack: readonly Screen[]
  readonly lists: Readonly<Record<ViewId, ListState>>
  /** The queue that the DLQ is narrowed to. */
  readonly deadQueue: string | undefined
  /** How many dead tasks to look at for a filter. */
  readonly scan: number
  readonly prompt: { readonly view: ViewId; readonly edit: Edit; readonly before: string } | undefined
  readonly dialog: Dialog | undefined
  readonly job: Job | undefined
  readonly flash: Flash | undefined
  /** What was on the screen when it was frozen. */
  readonly frozen: { readonly data: Data; readonly atMs: number } | undefined
  readonly intervalMs: number
  /** Newest last. */
  readonly changes: readonly Change[]
}

/** What does not change while the console runs. */
export interface About {
  readonly address: Safe
  readonly namespace: Safe
  readonly isReadOnly: boolean
}

export interface State {
  readonly data: Data
  readonly ui: Ui
  /** Our clock, in whole seconds, so that all ages on one screen are of one instant. */
  readonly nowMs: number
  readonly about: About
}

export const FIRST_SCAN = 500

const EMPTY_LISTS = Object.fromEntries(VIEW_IDS.map((id) => [id, EMPTY_LIST])) as Record<ViewId, ListState>

export const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

export const openingState = (about: About, size: Size, intervalMs: number, nowMs: number): State => ({
  data: emptyData(nowMs),
  nowMs: wholeSecond(nowMs),
  about,
  ui: {
    size,
    stack: [{ kind: 'view', view: 'overview' }],
    lists: EMPTY_LISTS,
    deadQueue: undefined,
    scan: FIRST_SCAN,
    prompt: undefined,
    dialog: undefined,
    job: undefined,
    flash: undefined,
    frozen: undefined,
    intervalMs,
    changes: [],
  },
})

export const topScreen = ({ stack }: Ui): Screen => stack.at(-1)!

/** The view that is shown, or that lies under what is shown. */
export const currentView = ({ stack }: Ui): ViewId => {
  const view = stack.findLast((screen) => screen.kind === 'view')
  return view?.kind === 'view' ? view.view : 'overview'
}
