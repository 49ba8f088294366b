import { say } from '../text/safe.ts'
import { EMPTY_EDIT, editOf } from '../state/edit.ts'
import { type ListState, cursorAt, markRange, moveBy, moveTo, toggleMark, withMarks } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { currentList } from '../state/state.ts'
import { withList } from '../views/go.ts'
import type { View } from '../views/view.ts'
import { viewOf } from '../views/views.ts'
import type { Binding, Step } from './binding.ts'

interface ListBinding extends Binding {
  /** Lists that it makes sense in; all when absent. */
  readonly when?: (view: View) => boolean
}

interface Here {
  readonly list: ListState
  readonly keys: readonly string[]
  readonly height: number
}

function here(scene: Scene): Here {
  const view = viewOf(currentList(scene.ui))
  return { list: scene.ui.lists[view.id], keys: view.keys(scene), height: view.height(scene) }
}

const change = (scene: Scene, to: (at: Here) => ListState): Step => ({
  ui: withList(scene.ui, currentList(scene.ui), to(here(scene))),
})

const step = (scene: Scene, rows: (height: number) => number): Step =>
  change(scene, ({ list, keys, height }) => moveBy(list, keys, height, rows(height)))

/** Marks the row under the cursor, or unmarks it, and goes on to the next. */
function mark({ list, keys, height }: Here): ListState {
  const key = keys[cursorAt(list, keys)]
  if (key === undefined || list.allBeforeMs !== undefined) return list
  return moveBy(toggleMark(list, key), keys, height, 1)
}

/** The next column to sort by, and after the last one the natural order again. */
function nextSort(view: View, { sort }: ListState): ListState['sort'] {
  const at = sort === undefined ? -1 : view.sortable.indexOf(sort.column)
  const column = view.sortable[at + 1]
  return column === undefined ? undefined : { column, isReversed: false }
}

const hasMarks = (view: View): boolean => view.hasMarks
/** All that are there now: by their ids when they are all on this screen's list, else by an instant. */
function markAll(scene: Scene): Step {
  const view = viewOf(currentList(scene.ui))
  const { list, keys } = here(scene)
  if ((view.isWhole?.(scene) ?? true) || list.isProblems) return change(scene, () => withMarks(list, keys))
  const marked = { ...withMarks(list, []), allBeforeMs: scene.seenMs }
  const text = say`all that match are marked, also those not shown; R and D count them before they ask`
  return { ui: withList(scene.ui, view.id, marked), say: { text, tone: 'plain' } }
}

const canFilter = (view: View): boolean => view.narrowing !== undefined
const canSort = (view: View): boolean => view.sortable.length > 0

export const LIST_BINDINGS: readonly ListBinding[] = [
  {
    keys: ['j', 'Down', 'k', 'Up'],
    shows: say`j/k`,
    hint: say`move`,
    help: say`one row down or up, as the arrows do`,
    run: (scene, key) => step(scene, () => (key === 'j' || key === 'Down' ? 1 : -1)),
  },
  {
    keys: ['g', 'Home', 'G', 'End'],
    shows: say`g G`,
    help: say`the first or last row, as Home and End do`,
    run: (scene, key) =>
      change(scene, ({ list, keys, height }) =>
        moveTo(list, keys, height, key === 'g' || key === 'Home' ? 0 : keys.length - 1),
      ),
  },
  {
    keys: ['C-d', 'C-u'],
    shows: say`Ctrl-d/u`,
    help: say`half a page down or up`,
    run: (scene, key) => step(scene, (height) => Math.max(1, Math.floor(height / 2)) * (key === 'C-d' ? 1 : -1)),
  },
  {
    keys: ['C-f', 'PageDown', 'C-b', 'PageUp'],
    shows: say`PgDn PgUp`,
    help: say`a page down or up, as Ctrl-f and Ctrl-b do`,
    run: (scene, key) => step(scene, (height) => height * (key === 'C-f' || key === 'PageDown' ? 1 : -1)),
  },
  {
    keys: ['/'],
    shows: say`/`,
    hint: say`filter`,
    pinnedFrom: 80,
    help: say`show only what matches, as type:x err~y age<1h; Esc clears it`,
    when: canFilter,
    run: (scene) => {
      const list = currentList(scene.ui)
      const { filter } = scene.ui.lists[list]
      const edit = filter === '' ? EMPTY_EDIT : editOf(filter)
      return { ui: { prompt: { kind: 'filter', list, edit, before: filter, problem: undefined, back: 0 } } }
    },
  },
  {
    keys: [' '],
    shows: say`Space`,
    hint: say`mark`,
    help: say`mark or unmark the row and go down`,
    when: hasMarks,
    run: (scene) => change(scene, mark),
  },
  {
    keys: ['v'],
    shows: say`v`,
    help: say`mark from the last row that was marked down or up to this one`,
    when: hasMarks,
    run: (scene) => change(scene, ({ list, keys }) => markRange(list, keys)),
  },
  {
    keys: ['*'],
    shows: say`*`,
    help: say`mark all that match, read or not; what comes later is not included`,
    when: hasMarks,
    run: markAll,
  },
  {
    keys: ['\\'],
    shows: say`\\`,
    help: say`unmark all, those hidden by the filter too`,
    when: hasMarks,
    run: (scene) => change(scene, ({ list }) => withMarks(list, [])),
  },
  {
    keys: ['!'],
    shows: say`!`,
    help: say`show only what somebody should look at, or all again`,
    when: ({ hasProblems }) => hasProblems === true,
    run: (scene) => change(scene, ({ list }) => ({ ...list, isProblems: !list.isProblems, top: 0 })),
  },
  {
    keys: ['o'],
    shows: say`o`,
    hint: say`sort`,
    help: say`sort by the next column; past the last one the natural order`,
    when: canSort,
    run: (scene) => change(scene, ({ list }) => ({ ...list, sort: nextSort(viewOf(currentList(scene.ui)), list) })),
  },
  {
    keys: ['O'],
    shows: say`O`,
    help: say`reverse the order`,
    when: canSort,
    run: (scene) =>
      change(scene, ({ list }) => ({
        ...list,
        sort: list.sort && { ...list.sort, isReversed: !list.sort.isReversed },
      })),
  },
]
