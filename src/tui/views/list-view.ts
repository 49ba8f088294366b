import { closest } from '../../core/closest.ts'
import { rule } from '../components/rule.ts'
import { type SortMark, gutterWidth, placeColumns, tableHead, tableRow } from '../components/table.ts'
import type { Binding } from '../keys/binding.ts'
import type { Data } from '../source/data.ts'
import type { Wants } from '../source/reader.ts'
import type { TaskRef } from '../source/source.ts'
import { detailRows } from '../state/layout.ts'
import { type ListState, cursorAt, windowTop } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { LIST_NAMES, type ListId } from '../state/view-names.ts'
import { cutTo } from '../text/fit.ts'
import { widthOf } from '../text/width.ts'
import { type Line, type Span, clip, line, span, underCursor } from '../text/line.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { type Keyed, type ListDef, handedOf, shownRows } from './list-def.ts'
import type { Badge, Handed, View } from './view.ts'

const titleOf = <R extends Keyed>(def: ListDef<R>, scene: Scene): Safe => def.title?.(scene) ?? LIST_NAMES[def.id].title

/** The sort in use, or nothing; up means small or early first. */
function sortMark<R extends Keyed>(def: ListDef<R>, { sort }: ListState): SortMark | undefined {
  const column = def.columns.find(({ id }) => id === sort?.column)
  return column === undefined
    ? undefined
    : { column: column.id, isUp: (column.align === 'right') === (sort?.isReversed ?? false) }
}

/** Fewer columns tell nothing of a filter. */
const FILTER_LEAST = 14
/** The dashes and blanks of a rule around its two texts. */
const RULE_SIGNS = 9

function titleRule<R extends Keyed>(def: ListDef<R>, scene: Scene, shown: readonly R[]): Line {
  const list = scene.ui.lists[def.id]
  const column = def.columns.find(({ id }) => id === list.sort?.column)
  const order =
    column === undefined ? def.order : say`by ${column.title}${list.sort?.isReversed ? say` reversed` : say``}`
  const problems = list.isProblems && def.isProblem !== undefined ? say`problems only  ` : say``
  const [title, note] = [titleOf(def, scene), def.note(scene, shown)]
  // What is counted goes before what was asked: the filter gets the columns that are left.
  const room = Math.max(FILTER_LEAST, scene.columns - widthOf(say`${title}  ${note}${problems}`) - RULE_SIGNS)
  const right: Span =
    list.filter === ''
      ? span(say`${problems}${order}`, problems === '' ? 'dim' : 'accent')
      : span(say`${problems}${cutTo(say`filter: ${safeLine(list.filter, 60)}`, room)}`, 'accent')
  return rule(scene.columns, title, note, right)
}

function emptyLines<R extends Keyed>(def: ListDef<R>, scene: Scene): readonly Line[] {
  const { filter, isProblems } = scene.ui.lists[def.id]
  const { narrow } = def
  const total = narrow.by === 'pages' ? narrow.list(scene).scanned : def.rows(scene).length
  if (scene.data.readAtMs === undefined) return [line(), line(say` reading …`)]
  if (isProblems && def.isProblem !== undefined && total > 0)
    return [line(), line(say` none of ${total} is a problem`), line(span(say` ! shows all again`, 'dim'))]
  // Of queues that a filter leaves out no task is read at all.
  const isRead = total > 0 || (narrow.by === 'pages' && narrow.list(scene).isWhole)
  if (filter !== '' && isRead) return [line(), ...noMatch(filter, total, scene)]
  return [line(), ...def.empty(scene).map((text) => line(say` ${text}`))]
}

/** Nothing matches: what was looked for, and the name that was perhaps meant. */
function noMatch(filter: string, total: number, { data }: Scene): readonly Line[] {
  const [, word = ''] = /(?:^|\s)type:([^\s"*|,]+)/i.exec(filter) ?? []
  const types = [...new Set(data.workers.flatMap(({ typeKeys }) => typeKeys))]
  const meant = word === '' || types.includes(word) ? undefined : closest(word, types)
  const hint = meant === undefined ? say`` : say`; did you mean type:${safeLine(meant, 40)}?`
  return [
    line(say` ${total === 0 ? say`nothing matches` : say`0 of ${total} match`}  ${safeLine(filter, 60)}${hint}`),
    line(span(say` Esc clears the filter`, 'dim')),
  ]
}

/** A list out of its description: title, head, a window of rows, and what more there is to say of the chosen one. */
export class ListView<R extends Keyed> implements View {
  readonly id: ListId
  readonly title: Safe
  readonly short: Safe
  readonly narrowing: View['narrowing']
  readonly hasProblems: boolean
  readonly hasMarks: boolean
  readonly sortable: readonly string[]
  readonly #def: ListDef<R>
  /** The rows as shown: filtered and in order. */
  readonly shown: (scene: Scene) => readonly R[]

  constructor(def: ListDef<R>) {
    this.#def = def
    this.id = def.id
    this.title = LIST_NAMES[def.id].title
    this.short = LIST_NAMES[def.id].short
    this.narrowing = def.narrow.by
    this.hasProblems = def.isProblem !== undefined
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

  refs(scene: Scene): readonly TaskRef[] {
    return this.shown(scene).flatMap(({ ref }) => ref ?? [])
  }

  isWhole(scene: Scene): boolean {
    const { narrow, isWhole } = this.#def
    return narrow.by === 'pages' ? narrow.list(scene).isWhole : (isWhole?.(scene) ?? true)
  }

  selected(scene: Scene): R | undefined {
    return this.shown(scene)[cursorAt(scene.ui.lists[this.id], this.keys(scene))]
  }

  /** The marked rows that are shown: a mark hidden by a filter is not acted upon. */
  marked(scene: Scene): readonly R[] {
    const { marks } = scene.ui.lists[this.id]
    return marks.size === 0 ? [] : this.shown(scene).filter(({ key }) => marks.has(key))
  }

  dead(scene: Scene): ReturnType<NonNullable<View['dead']>> {
    return this.#def.dead?.(scene)
  }

  handed(scene: Scene): Handed {
    return handedOf(this.#def, scene, {
      selected: this.selected(scene),
      marked: this.marked(scene),
      shown: this.shown(scene),
    })
  }

  height(scene: Scene): number {
    const banner = this.#def.banner?.(scene).length ?? 0
    return Math.max(1, scene.layout.bodyRows - 2 - banner - this.#detailHeight(scene))
  }

  draw(scene: Scene): readonly Line[] {
    const height = this.height(scene)
    const { part } = this.#def
    const trouble = part === undefined ? undefined : scene.data.troubles[part]
    const table = this.#table(scene).slice(0, height + 1)
    const body = trouble === undefined ? table : [...table.slice(0, height), line(span(say` ! ${trouble}`, 'bad'))]
    const blank = Array.from({ length: Math.max(0, height + 1 - body.length) }, () => line())
    const title = [titleRule(this.#def, scene, this.shown(scene)), ...(this.#def.banner?.(scene) ?? [])]
    const lines = [...title, ...body, ...blank, ...this.#detail(scene)]
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
      const isMarked = list.allBeforeMs !== undefined || list.marks.has(row.key)
      const look = { isCursor: top + at === index, isMarked, hasMarks: this.hasMarks }
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
