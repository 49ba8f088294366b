import { type Data, emptyData } from '../source/data.ts'
import type { TaskRef } from '../source/source.ts'
import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Edit } from './edit.ts'
import { type ListState, EMPTY_LIST } from './list.ts'
import type { LogEntry } from './log.ts'
import type { Change, Plan } from './plan.ts'
import type { Prompt } from './prompt.ts'
import type { QueueTab } from './tabs.ts'
import { LIST_IDS, type ListId, type ViewId } from './view-names.ts'

/** What fills the screen. Views are lists side by side; tasks and the help lie on top of them. */
export type Screen =
  | { readonly kind: 'view'; readonly view: ViewId }
  | { readonly kind: 'queue'; readonly queue: string; readonly tab: QueueTab }
  | { readonly kind: 'runs'; readonly schedule: string }
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
  /** It tells what came of a change. */
  readonly isResult?: true
}

export interface Ui {
  readonly size: Size
  /** The last one is on top; there is always one. */
  readonly stack: readonly Screen[]
  readonly lists: Readonly<Record<ListId, ListState>>
  /** Screens that were left, newest last, and those that were come back from. */
  readonly past: readonly (readonly Screen[])[]
  readonly future: readonly (readonly Screen[])[]
  /** The queue that the DLQ is narrowed to. */
  readonly deadQueue: string | undefined
  readonly prompt: Prompt | undefined
  /** Filters and commands that were used, newest last. */
  readonly filters: readonly string[]
  readonly commands: readonly string[]
  /** Changes are allowed for a while although this console began read-only. */
  readonly armed:
    | {
        readonly untilMs: number
        readonly idleMs: number
        /** Why, for the audit of what is changed meanwhile. */
        readonly reason?: string | undefined
      }
    | undefined
  readonly dialog: Dialog | undefined
  readonly job: Job | undefined
  readonly flash: Flash | undefined
  /** What was on the screen when it was frozen. */
  readonly frozen: { readonly data: Data; readonly atMs: number } | undefined
  readonly intervalMs: number
  /** Newest last. */
  readonly changes: readonly Change[]
  /** What this console did and what became of its connection, newest last. */
  readonly log: readonly LogEntry[]
}

/** What does not change while the console runs. */
export interface About {
  readonly address: Safe
  readonly namespace: Safe
  readonly isReadOnly: boolean
  /** The named place that was asked for, if one was. */
  readonly context?: { readonly name: Safe; readonly isProd: boolean } | undefined
}

export interface State {
  readonly data: Data
  readonly ui: Ui
  /** Our clock, in whole seconds, so that all ages on one screen are of one instant. */
  readonly nowMs: number
  readonly about: About
}

const EMPTY_LISTS = Object.fromEntries(LIST_IDS.map((id) => [id, EMPTY_LIST])) as Record<ListId, ListState>

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
    past: [],
    future: [],
    prompt: undefined,
    filters: [],
    commands: [],
    armed: undefined,
    dialog: undefined,
    job: undefined,
    flash: undefined,
    frozen: undefined,
    intervalMs,
    changes: [],
    log: [],
  },
})

export const topScreen = ({ stack }: Ui): Screen => stack.at(-1)!

/** The view that is shown, or that lies under what is shown. */
export const currentView = ({ stack }: Ui): ViewId => {
  const view = stack.findLast((screen) => screen.kind === 'view')
  return view?.kind === 'view' ? view.view : 'overview'
}

/** Whether a screen is a list. */
export const isList = (screen: Screen): screen is Extract<Screen, { kind: 'view' | 'queue' | 'runs' }> =>
  screen.kind === 'view' || screen.kind === 'queue' || screen.kind === 'runs'

/** The list that is shown, or that lies under what is shown. */
export function currentList({ stack }: Ui): ListId {
  const screen = stack.findLast(isList)
  return screen === undefined ? 'overview' : screen.kind === 'view' ? screen.view : screen.kind
}

/** The queue in detail that is shown, or that lies under what is shown. */
export const queueShown = ({ stack }: Ui): Extract<Screen, { kind: 'queue' }> | undefined =>
  stack.findLast((screen) => screen.kind === 'queue')

/** The schedule whose runs are shown, or lie under what is shown. */
export const runsShown = ({ stack }: Ui): Extract<Screen, { kind: 'runs' }> | undefined =>
  stack.findLast((screen) => screen.kind === 'runs')
