import { fit } from '../text/fit.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, repeat, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'

/** Text reads badly in longer lines. */
const MOST_COLUMNS = 88

/** How wide the inside of a frame is. */
export const innerOf = (columns: number, most = MOST_COLUMNS): number => Math.min(most, columns - 4)

function edge(left: Safe, title: Safe, right: Safe, inner: number): readonly Span[] {
  const head = fit(title, Math.min(widthOf(title), inner - 2))
  return [span(say`${left}─${head}${repeat(say`─`, inner - 1 - widthOf(head))}${right}`, 'warn')]
}

function inside(spans: readonly Span[], inner: number): readonly Span[] {
  const parts: Span[] = []
  let left = inner - 2
  for (const { text, tone } of spans) {
    const kept = fit(text, Math.min(widthOf(text), left))
    parts.push(span(kept, tone))
    left -= widthOf(kept)
  }
  return [span(say`│ `, 'warn'), ...parts, span(repeat(say` `, left)), span(say` │`, 'warn')]
}

/** Rows in a frame of at most so many columns, in the middle of the screen. */
export function box(
  title: Safe,
  rows: readonly (readonly Span[])[],
  close: Safe,
  columns: number,
  most = MOST_COLUMNS,
): readonly Line[] {
  const inner = innerOf(columns, most)
  const margin = span(repeat(say` `, Math.floor((columns - inner - 2) / 2)))
  return [
    line(margin, ...edge(say`┌`, say` ${title} `, say`┐`, inner)),
    ...rows.map((spans) => line(margin, ...inside(spans, inner))),
    line(margin, ...edge(say`└`, say` ${close} `, say`┘`, inner)),
  ]
}

/** What stands in a frame until its rows are there. */
export const READING: readonly (readonly Span[])[] = [[span(say`reading …`, 'dim')]]

/** As many rows as fit, with the chosen one among them. */
export function around<T>(
  rows: readonly T[],
  at: number,
  height: number,
): { readonly shown: readonly T[]; readonly top: number } {
  const top = Math.max(0, Math.min(at - Math.floor(height / 2), rows.length - height))
  return { shown: rows.slice(top, top + height), top }
}
