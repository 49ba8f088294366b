import { duration } from '../text/format.ts'
import { say } from '../text/safe.ts'
import { undoPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { type Screen, type Ui, currentList, currentView, isList } from '../state/state.ts'
import { type ViewId, VIEW_IDS } from '../state/view-names.ts'
import { EMPTY_LIST, withFilter } from '../state/list.ts'
import { COMMAND, PALETTE } from '../state/prompt.ts'
import { undoNewest } from '../views/dlq.ts'
import { REFRESH, push, withList } from '../views/go.ts'
import { taskSections } from '../views/task.ts'
import { viewOf } from '../views/views.ts'
import type { Binding, Step } from './binding.ts'

const INTERVALS_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000] as const

/** Side by side: nothing lies underneath, and Esc has nowhere to go back to. */
const switchTo = (view: ViewId | undefined): Step =>
  view === undefined ? {} : { ui: { stack: [{ kind: 'view', view }] }, effects: REFRESH }

/** The beginning of the next section, or of this one or the one before. */
const section = (starts: readonly number[], at: number, by: 1 | -1): number =>
  (by === 1 ? starts.find((start) => start > at) : starts.findLast((start) => start < at)) ?? at

/** The next section of what is shown where it has sections, else the next view. */
function turn(scene: Scene, by: 1 | -1): Step {
  const { ui, screen } = scene
  const view = viewOf(currentList(ui))
  if (screen.kind === 'task') return { scroll: (at) => section(taskSections(scene), at, by) }
  if (screen.kind !== 'help' && view.turn !== undefined) {
    const turned = view.turn(scene, by)
    if (turned !== undefined) return { ui: turned, effects: REFRESH }
  }
  const at = VIEW_IDS.indexOf(currentView(ui))
  return switchTo(VIEW_IDS[(at + by + VIEW_IDS.length) % VIEW_IDS.length])
}

const MOST_PAST = 50

/** There is one list for all queues in detail: what it was of another one is no use. */
const afresh = (ui: Ui): Partial<Ui> => withList(ui, 'queue', EMPTY_LIST)

/** To the screens of before; `by` 1 comes back from there. */
function revisit({ ui }: Scene, by: 1 | -1): Step {
  const [from, to] = by === -1 ? [ui.past, ui.future] : [ui.future, ui.past]
  const stack = from.at(-1)
  if (stack === undefined)
    return { say: { text: by === -1 ? say`nothing was shown before` : say`nothing was left behind`, tone: 'plain' } }
  const [rest, kept] = [from.slice(0, -1), [...to, ui.stack].slice(-MOST_PAST)]
  const [past, future] = by === -1 ? [rest, kept] : [kept, rest]
  return { ui: { stack, past, future, ...afresh(ui) }, effects: REFRESH }
}

const viewIn = (stack: readonly Screen[]): string => {
  const screen = stack.findLast(isList)
  return screen?.kind === 'view'
    ? screen.view
    : screen?.kind === 'queue'
      ? `queue ${screen.queue}`
      : (screen?.kind ?? '')
}

/** The view that was shown before this one; pressed again, this one. */
function lastView({ ui }: Scene): Step {
  const stack = ui.past.findLast((one) => viewIn(one) !== viewIn(ui.stack))
  return stack === undefined
    ? { say: { text: say`no other view was shown before`, tone: 'plain' } }
    : { ui: { stack, ...afresh(ui) }, effects: REFRESH }
}

const back = (ui: Ui): Partial<Ui> => ({ stack: ui.stack.slice(0, -1) })

/** Clears the filter, else goes back one screen; never quits. */
function escape({ ui, screen }: Scene): Step {
  const id = currentList(ui)
  const list = ui.lists[id]
  if (isList(screen) && list.filter !== '') return { ui: withList(ui, id, withFilter(list, '')), effects: REFRESH }
  return ui.stack.length > 1 ? { ui: back(ui), effects: REFRESH } : {}
}

const quitOrBack = ({ ui }: Scene): Step =>
  ui.stack.length > 1 ? { ui: back(ui), effects: REFRESH } : { effects: [{ kind: 'quit' }] }

function pace({ ui }: Scene, by: 1 | -1): Step {
  const at = INTERVALS_MS.findIndex((ms) => ms >= ui.intervalMs)
  const intervalMs = INTERVALS_MS[Math.max(0, Math.min(at + by, INTERVALS_MS.length - 1))] ?? ui.intervalMs
  const text = say`refreshes every ${intervalMs < 1000 ? say`0.5s` : duration(intervalMs)}`
  return { ui: { intervalMs }, say: { text, tone: 'plain' }, effects: REFRESH }
}

const freeze = (scene: Scene): Step =>
  scene.ui.frozen === undefined
    ? { ui: { frozen: { data: scene.data, atMs: scene.nowMs } } }
    : { ui: { frozen: undefined }, effects: REFRESH }

function undo(scene: Scene): Step {
  const last = scene.ui.changes.at(-1)
  return last === undefined ? undoNewest(scene) : { ask: undoPlan(scene, last) }
}

export const GLOBAL_BINDINGS: readonly Binding[] = [
  {
    keys: ['U'],
    shows: say`U`,
    hint: say`undo`,
    isIdle: ({ ui }) => ui.changes.length === 0,
    help: say`undo the last change made here, else the newest purge of all`,
    isChange: true,
    run: undo,
  },
  {
    keys: VIEW_IDS.map((_, at) => `${at + 1}`),
    shows: say`1-${VIEW_IDS.length}`,
    hint: say`view`,
    help: say`the views, by the numbers of their tabs`,
    run: (_scene, key) => switchTo(VIEW_IDS[Number(key) - 1]),
  },
  {
    keys: [':'],
    shows: say`:`,
    hint: say`command`,
    help: say`type a command; Tab completes it, Up goes through earlier ones`,
    run: () => ({ ui: { prompt: COMMAND } }),
  },
  {
    keys: ['C-p'],
    shows: say`Ctrl-p`,
    help: say`look for what can be done here, by a few letters`,
    run: () => ({ ui: { prompt: PALETTE } }),
  },
  {
    keys: ['Tab', 'S-Tab'],
    shows: say`Tab`,
    help: say`the next section, or the next view; with Shift the previous one`,
    run: (scene, key) => turn(scene, key === 'Tab' ? 1 : -1),
  },
  {
    keys: ['[', ']'],
    shows: say`[ ]`,
    help: say`back to what was shown before, and forward again`,
    run: (scene, key) => revisit(scene, key === '[' ? -1 : 1),
  },
  {
    keys: ['`'],
    shows: say`\``,
    help: say`the view before this one, and back`,
    run: lastView,
  },
  {
    keys: ['F'],
    shows: say`F`,
    hint: say`freeze`,
    help: say`hold the screen still, or let it go on; reading goes on`,
    run: freeze,
  },
  {
    keys: ['?'],
    shows: say`?`,
    hint: say`help`,
    pinnedFrom: 0,
    help: say`this help`,
    run: ({ ui, screen }) =>
      screen.kind === 'help' ? { ui: back(ui) } : { ui: push(ui, { kind: 'help', scroll: 0 }) },
  },
  { keys: ['q'], shows: say`q`, hint: say`back`, pinnedFrom: 0, help: say`back; from a view: quit`, run: quitOrBack },
  {
    keys: ['Esc'],
    shows: say`Esc`,
    help: say`leave the question, clear the filter, go back; never quits`,
    run: escape,
  },
  {
    keys: ['+', '=', '-'],
    shows: say`+ -`,
    help: say`refresh more often, or less: 0.5 1 2 5 10 30 s`,
    run: (scene, key) => pace(scene, key === '-' ? 1 : -1),
  },
  {
    keys: ['C-r'],
    shows: say`Ctrl-r`,
    help: say`read now; while disconnected, try again now`,
    run: () => ({ effects: REFRESH }),
  },
  {
    keys: ['C-l'],
    shows: say`Ctrl-l`,
    help: say`draw the whole screen anew`,
    run: () => ({ effects: [{ kind: 'repaint' }] }),
  },
  {
    keys: ['C-z'],
    shows: say`Ctrl-z`,
    help: say`to the shell; fg brings the console back`,
    run: () => ({ effects: [{ kind: 'suspend' }] }),
  },
  {
    keys: ['C-c'],
    shows: say`Ctrl-c`,
    help: say`stop the change that runs, leave a question or line; else quit`,
    run: () => ({ effects: [{ kind: 'quit' }] }),
  },
]
