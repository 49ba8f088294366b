import { rule } from '../components/rule.ts'
import { type Column, type SortMark, gutterWidth, placeColumns, tableHead, tableRow } from '../components/table.ts'
import type { Binding } from '../keys/binding.ts'
import type { Data, Part } from '../source/data.ts'
import type { Wants } from '../source/reader.ts'
import { detailRows } from '../state/layout.ts'
import { type ListState, cursorAt, windowTop } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { VIEW_NAMES, type ViewId } from '../state/view-names.ts'
import { type Line, type Span, clip, line, span, underCursor } from '../text/line.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { Badge, View } from './view.ts'

interface Keyed {
  readonly key: string
}

export interface ListDef<R extends Keyed> extends Pick<View, 'id' | 'badge' | 'wants' | 'bindings'> {
  readonly hasMarks?: true
  readonly columns: readonly Column<R>[]
  /** In their natural order. The same array as long as the data is the same. */
  readonly rows: (scene: Scene) => readonly R[]
  /** The part of a reading that the rows come from, for when it fails alone. */
  readonly part?: Part
  /** What a filter looks into. */
  readonly search: (row: R) => readonly Safe[]
  readonly note: (scene: Scene, shown: readonly R[]) => Safe
  /** What the order is called when nobody chose one. */
  readonly order: Safe
  /** More about the row under the cursor: at most `detailLines` lines. */
  readonly detail?: (row: R, scene: Scene) => { readonly title: Safe; readonly lines: readonly Line[] }
  readonly detailLines?: number
  readonly empty: (scene: Scene) => readonly Safe[]
}

const matches = <R extends Keyed>(def: ListDef<R>, row: R, filter: string): boolean =>
  def.search(row).some((text) => text.toLowerCase().includes(filter))

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
function shownRows<R extends Keyed>(def: ListDef<R>): (scene: Scene) => readonly R[] {
  let last: { source: readonly R[]; list: ListState; result: readonly R[] } | undefined
  return (scene) => {
    const list = scene.ui.lists[def.id]
    const source = def.rows(scene)
    if (last?.source === source && last.list.filter === list.filter && last.list.sort === list.sort) return last.result
    const filter = list.filter.toLowerCase()
    const kept = filter === '' ? source : source.filter((row) => matches(def, row, filter))
    last = { source, list, result: sorted(def, kept, list) }
    return last.result
  }
}

/** The sort in use, or nothing; up means small or early first. */
function sortMark<R extends Keyed>(def: ListDef<R>, { sort }: ListState): SortMark | undefined {
  const column = def.columns.find(({ id }) => id === sort?.column)
  return column === undefined
    ? undefined
    : { column: column.id, isUp: (column.align === 'right') === (sort?.isReversed ?? false) }
}

function titleRule<R extends Keyed>(def: ListDef<R>, scene: Scene, shown: readonly R[]): Line {
  const list = scene.ui.lists[def.id]
  const column = def.columns.find(({ id }) => id === list.sort?.column)
  const order =
    column === undefined ? def.order : say`by ${column.title}${list.sort?.isReversed ? say` reversed` : say``}`
  const right: Span =
    list.filter === '' ? span(order, 'dim') : span(say`filter: ${safeLine(list.filter, 40)}`, 'accent')
  return rule(scene.columns, VIEW_NAMES[def.id].title, def.note(scene, shown), right)
}

function emptyLines<R extends Keyed>(def: ListDef<R>, scene: Scene): readonly Line[] {
  const filter = scene.ui.lists[def.id].filter
  const total = def.rows(scene).length
  if (scene.data.readAtMs === undefined) return [line(), line(say` reading …`)]
  if (filter !== '' && total > 0)
    return [
      line(),
      line(say` none of ${total} contains  ${safeLine(filter, 60)}`),
      line(span(say` Esc clears the filter`, 'dim')),
    ]
  return [line(), ...def.empty(scene).map((text) => line(say` ${text}`))]
}

/** A list out of its description: title, head, a window of rows, and what more there is to say of the chosen one. */
export class ListView<R extends Keyed> implements View {
  readonly id: ViewId
  readonly title: Safe
  readonly short: Safe
  readonly hasMarks: boolean
  readonly sortable: readonly string[]
  readonly #def: ListDef<R>
  /** The rows as shown: filtered and in order. */
  readonly shown: (scene: Scene) => readonly R[]

  constructor(def: ListDef<R>) {
    this.#def = def
    this.id = def.id
    this.title = VIEW_NAMES[def.id].title
    this.short = VIEW_NAMES[def.id].short
    this.hasMarks = def.hasMarks ?? false
    this.sortable = def.columns.flatMap(({ id, sort }) => (sort === undefined ? [] : [id]))
    this.shown = shownRows(def)
  }

  get bindings(): readonly Binding[] {
    return this.#def.bindings
  }

  badge(data: Data): Badge | undefined {
    return this.#def.badge(data)
  }

  wants(scene: Scene): Partial<Wants> {
    return this.#def.wants(scene)
  }

  keys(scene: Scene): readonly string[] {
    return this.shown(scene).map(({ key }) => key)
  }

  selected(scene: Scene): R | undefined {
    return this.shown(scene)[cursorAt(scene.ui.lists[this.id], this.keys(scene))]
  }

  /** The marked rows that are shown: a mark hidden by a filter is not acted upon. */
  marked(scene: Scene): readonly R[] {
    const { marks } = scene.ui.lists[this.id]
    return this.shown(scene).filter(({ key }) => marks.has(key))
  }

  height(scene: Scene): number {
    return Math.max(1, scene.layout.bodyRows - 2 - this.#detailHeight(scene))
  }

  draw(scene: Scene): readonly Line[] {
    const height = this.height(scene)
    const { part } = this.#def
    const trouble = part === undefined ? undefined : scene.data.troubles[part]
    const table = this.#table(scene).slice(0, height + 1)
    const body = trouble === undefined ? table : [...table.slice(0, height), line(span(say` ! ${trouble}`, 'bad'))]
    const blank = Array.from({ length: Math.max(0, height + 1 - body.length) }, () => line())
    const lines = [titleRule(this.#def, scene, this.shown(scene)), ...body, ...blank, ...this.#detail(scene)]
    return lines.map((text) => clip(text, scene.columns))
  }

  #detailHeight(scene: Scene): number {
    return this.#def.detail === undefined ? 0 : detailRows(scene.layout, this.#def.detailLines ?? 4)
  }

  #table(scene: Scene): readonly Line[] {
    const rows = this.shown(scene)
    const list = scene.ui.lists[this.id]
    const index = cursorAt(list, this.keys(scene))
    const top = windowTop(list.top, index, this.height(scene), rows.length)
    const placed = placeColumns(this.#def.columns, scene.columns - gutterWidth(this.hasMarks))
    const head = tableHead(placed, this.hasMarks, sortMark(this.#def, list))
    if (rows.length === 0) return [head, ...emptyLines(this.#def, scene)]
    const window = rows.slice(top, top + this.height(scene)).map((row, at) => {
      const look = { isCursor: top + at === index, isMarked: list.marks.has(row.key), hasMarks: this.hasMarks }
      const drawn = tableRow(placed, row, scene, look)
      return look.isCursor ? underCursor(drawn, scene.columns) : drawn
    })
    return [head, ...window]
  }

  #detail(scene: Scene): readonly Line[] {
    const row = this.selected(scene)
    const space = this.#detailHeight(scene)
    if (this.#def.detail === undefined || space < 2) return []
    if (row === undefined) return []
    const { title, lines } = this.#def.detail(row, scene)
    return [rule(scene.columns, title), ...lines.slice(0, space - 1)]
  }
}
