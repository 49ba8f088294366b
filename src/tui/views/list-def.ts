import type { TaskInfo } from '../../core/task.ts'
import type { Column } from '../components/table.ts'
import type { Part } from '../source/data.ts'
import type { TaskRef } from '../source/source.ts'
import type { TaskList } from '../source/task-pages.ts'
import { filterOf } from '../state/filter.ts'
import type { ListState } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import type { Line } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'
import type { Handed, View } from './view.ts'

export interface Keyed {
  readonly key: string
  /** Of a row that is a task. */
  readonly ref?: TaskRef
}

/** How a list is narrowed down: by a text in it, by the words of `parseFilter`, or by those while it is read. */
export type Narrowing<R> =
  | { readonly by: 'text'; readonly of: (row: R) => readonly Safe[] }
  | { readonly by: 'words'; readonly of: (row: R) => TaskInfo }
  | { readonly by: 'pages'; readonly list: (scene: Scene) => TaskList }

export interface ListDef<R extends Keyed> extends Pick<View, 'id' | 'badge' | 'wants' | 'bindings' | 'dead'> {
  readonly hasMarks?: true
  readonly title?: (scene: Scene) => Safe
  readonly columns: readonly Column<R>[]
  /** In their natural order. The same array as long as the data is the same. */
  readonly rows: (scene: Scene) => readonly R[]
  /** The part of a reading that the rows come from, for when it fails alone. */
  readonly part?: Part
  readonly narrow: Narrowing<R>
  /** Whether all rows were read; by default they were, and a list by pages says so itself. */
  readonly isWhole?: (scene: Scene) => boolean
  /** A row that somebody should look at; absent: there are none of the kind. */
  readonly isProblem?: (row: R, scene: Scene) => boolean
  /** Lines between the title and the head. */
  readonly banner?: (scene: Scene) => readonly Line[]
  readonly note: (scene: Scene, shown: readonly R[]) => Safe
  /** What the order is called when nobody chose one. */
  readonly order: Safe
  /** More about the row under the cursor: at most `detailLines` lines. */
  readonly detail?: (row: R, scene: Scene) => { readonly title: Safe; readonly lines: readonly Line[] }
  readonly detailLines?: number
  readonly empty: (scene: Scene) => readonly Safe[]
}

function narrowed<R extends Keyed>(def: ListDef<R>, rows: readonly R[], list: ListState, scene: Scene): readonly R[] {
  const { narrow } = def
  if (list.filter === '' || narrow.by === 'pages') return rows
  if (narrow.by === 'words') {
    const { matches } = filterOf(list.filter)
    return rows.filter((row) => matches(narrow.of(row), scene.redisNowMs))
  }
  const text = list.filter.toLowerCase()
  return rows.filter((row) => narrow.of(row).some((part) => part.toLowerCase().includes(text)))
}

function sorted<R extends Keyed>(def: ListDef<R>, rows: readonly R[], { sort }: ListState): readonly R[] {
  const by = def.columns.find(({ id }) => id === sort?.column)?.sort
  if (by === undefined || sort === undefined) return rows
  const sign = sort.isReversed ? -1 : 1
  const compare = (a: R, b: R): number => {
    const [x, y] = [by(a), by(b)]
    const natural =
      typeof x === 'number' && typeof y === 'number' ? y - x : String(x) < String(y) ? -1 : x === y ? 0 : 1
    return natural * sign || (a.key < b.key ? -1 : 1)
  }
  return rows.toSorted(compare)
}

/** Rows as shown; worked out anew only when the rows, the filter or the order are others. */
export function shownRows<R extends Keyed>(def: ListDef<R>): (scene: Scene) => readonly R[] {
  let last: { source: readonly R[]; list: ListState; result: readonly R[] } | undefined
  return (scene) => {
    const list = scene.ui.lists[def.id]
    const source = def.rows(scene)
    const was = last?.list
    const isSame = was?.filter === list.filter && was.sort === list.sort && was.isProblems === list.isProblems
    if (last?.source === source && isSame) return last.result
    const kept = narrowed(def, source, list, scene)
    const problems =
      list.isProblems && def.isProblem !== undefined ? kept.filter((row) => def.isProblem!(row, scene)) : kept
    last = { source, list, result: sorted(def, problems, list) }
    return last.result
  }
}

/** What of a list can be copied or written to a file: its cells as text, whatever fits on the screen. */
export function handedOf<R extends Keyed>(
  { columns }: ListDef<R>,
  scene: Scene,
  { selected, marked, shown }: { selected: R | undefined; marked: readonly R[]; shown: readonly R[] },
): Handed {
  const written = columns.filter(({ isDrawing }) => isDrawing !== true)
  const cellsOf = (row: R): readonly Safe[] =>
    written.map(({ cell }) => {
      const drawn = cell(row, scene, 100)
      return typeof drawn === 'string' ? drawn : drawn.text
    })
  const rows = marked.length > 0 ? marked : shown
  const row = selected === undefined ? [] : cellsOf(selected)
  return {
    name: row[0],
    ref: selected?.ref,
    row,
    heads: written.map(({ title }) => title),
    cells: rows.map(cellsOf),
    refs: rows.flatMap(({ ref }) => ref ?? []),
    isMarked: marked.length > 0,
  }
}
