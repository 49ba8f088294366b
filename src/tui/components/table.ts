import { type Align, type Cut, fit } from '../text/fit.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, NOTHING, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Scene } from '../state/scene.ts'

/** A column of a list. What changes often stands right: a row is sent again from its first changed column on. */
export interface Column<R> {
  readonly id: string
  readonly title: Safe
  readonly min: number
  /** Others that can be spared go before it gets narrower than this. */
  readonly wants?: number
  /** Up to how wide it grows; its `min` when absent. */
  readonly max?: number
  /** Up to how wide it grows in what is left when all columns have their `max`. */
  readonly roomy?: number
  readonly align?: Align
  readonly cut?: Cut
  /** How many times faster it grows than the others. */
  readonly weight?: number
  /** Dropped when space is short, the highest first; absent: never. */
  readonly spare?: number
  readonly cell: (row: R, scene: Scene, width: number) => Safe | Span
  /** It is a drawing, and nothing to be written to a file. */
  readonly isDrawing?: true
  /** Makes the list sortable by this column: numbers from high to low, text from a to z. */
  readonly sort?: (row: R) => number | string
}

export interface Placed<R> {
  readonly column: Column<R>
  readonly width: number
}

const GAP = 1

const sumOf = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + GAP, -GAP)

/** Gives what is left over to those that can grow, evenly. */
function grow<R>(
  columns: readonly Column<R>[],
  widths: number[],
  available: number,
  most: (column: Column<R>) => number,
): void {
  let left = available - sumOf(widths)
  while (left > 0) {
    const before = left
    for (const [at, column] of columns.entries()) {
      const more = Math.max(0, Math.min(column.weight ?? 1, most(column) - widths[at]!, left))
      widths[at]! += more
      left -= more
    }
    if (left === before) return
  }
}

/** Which columns fit, and how wide each is: all get their least, what is left over goes to those that can grow, evenly. */
export function placeColumns<R>(columns: readonly Column<R>[], available: number): readonly Placed<R>[] {
  let kept = columns
  while (sumOf(kept.map(({ min, wants = min }) => wants)) > available) {
    const most = Math.max(...kept.map(({ spare }) => spare ?? 0))
    if (most === 0) break
    const drop = kept.findLast(({ spare }) => spare === most)
    kept = kept.filter((column) => column !== drop)
  }
  const wanted = kept.map(({ min, wants = min }) => wants)
  const widths = sumOf(wanted) <= available ? wanted : kept.map(({ min }) => min)
  grow(kept, widths, available, ({ min, max = min }) => max)
  grow(kept, widths, available, ({ min, max = min, roomy = max }) => roomy)
  return kept.map((column, at) => ({ column, width: Math.max(0, Math.min(widths[at]!, available)) }))
}

const spanOf = (cell: Safe | Span): Span => (typeof cell === 'string' ? span(cell) : cell)

/** The gutter: `>` is the cursor, `*` a mark; nothing depends on colour. */
const gutter = (isCursor: boolean, isMarked: boolean, hasMarks: boolean): Safe => {
  const cursor = isCursor ? say`>` : say` `
  return hasMarks ? say`${cursor}${isMarked ? say`*` : say` `} ` : cursor
}

export interface RowLook {
  readonly isCursor: boolean
  readonly isMarked: boolean
  readonly hasMarks: boolean
}

export const gutterWidth = (hasMarks: boolean): number => (hasMarks ? 3 : 1)

export function tableRow<R>(placed: readonly Placed<R>[], row: R, scene: Scene, look: RowLook): Line {
  const cells = placed.flatMap(({ column, width }, at) => {
    const { text, tone } = spanOf(column.cell(row, scene, width))
    const cell = span(fit(text, width, column.align ?? 'left', column.cut ?? 'end'), tone)
    return at === 0 ? [cell] : [span(say` `), cell]
  })
  return line(span(gutter(look.isCursor, look.isMarked, look.hasMarks), look.isMarked ? 'accent' : 'plain'), ...cells)
}

export interface SortMark {
  readonly column: string
  readonly isUp: boolean
}

export function tableHead<R>(placed: readonly Placed<R>[], hasMarks: boolean, sort?: SortMark): Line {
  const titles = placed.flatMap(({ column, width }, at) => {
    const arrow = sort?.column === column.id && widthOf(column.title) < width ? (sort.isUp ? say`↑` : say`↓`) : NOTHING
    const title = column.align === 'right' ? say`${arrow}${column.title}` : say`${column.title}${arrow}`
    const cell = fit(title, width, column.align ?? 'left')
    return at === 0 ? [cell] : [say` `, cell]
  })
  return line(...[hasMarks ? say`   ` : say` `, ...titles].map((text) => span(text, 'dim')))
}
