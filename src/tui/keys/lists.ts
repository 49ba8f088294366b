import { say } from '../text/safe.ts'
import { EMPTY_EDIT, editOf } from '../state/edit.ts'
import { type ListState, cursorAt, moveBy, moveTo, toggleMark, withMarks } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { currentView } from '../state/state.ts'
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
  const view = viewOf(currentView(scene.ui))
  return { list: scene.ui.lists[view.id], keys: view.keys(scene), height: view.height(scene) }
}

const change = (scene: Scene, to: (at: Here) => ListState): Step => ({
  ui: withList(scene.ui, currentView(scene.ui), to(here(scene))),
})

const step = (scene: Scene, rows: (height: number) => number): Step =>
  change(scene, ({ list, keys, height }) => moveBy(list, keys, height, rows(height)))

/** Marks the row under the cursor, or unmarks it, and goes on to the next. */
function mark({ list, keys, height }: Here): ListState {
  const key = keys[cursorAt(list, keys)]
  return key === undefined ? list : moveBy(toggleMark(list, key), keys, height, 1)
}

/** The next column to sort by, and after the last one the natural order again. */
function nextSort(view: View, { sort }: ListState): ListState['sort'] {
  const at = sort === undefined ? -1 : view.sortable.indexOf(sort.column)
  const column = view.sortable[at + 1]
  return column === undefined ? undefined : { column, isReversed: false }
}

const hasMarks = (view: View): boolean => view.hasMarks
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
    help: say`show only rows that contain a text; Esc clears it`,
    when: canSort,
    run: (scene) => {
      const view = currentView(scene.ui)
      const { filter } = scene.ui.lists[view]
      return { ui: { prompt: { view, edit: filter === '' ? EMPTY_EDIT : editOf(filter), before: filter } } }
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
    keys: ['*'],
    shows: say`*`,
    help: say`mark every row shown`,
    when: hasMarks,
    run: (scene) => change(scene, ({ list, keys }) => withMarks(list, keys)),
  },
  {
    keys: ['\\'],
    shows: say`\\`,
    help: say`unmark all, those hidden by the filter too`,
    when: hasMarks,
    run: (scene) => change(scene, ({ list }) => withMarks(list, [])),
  },
  {
    keys: ['o'],
    shows: say`o`,
    hint: say`sort`,
    help: say`sort by the next column; past the last one the natural order`,
    when: canSort,
    run: (scene) => change(scene, ({ list }) => ({ ...list, sort: nextSort(viewOf(currentView(scene.ui)), list) })),
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
