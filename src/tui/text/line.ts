import { cutTo, fit } from './fit.ts'
import { type Safe, join, repeat, say } from './safe.ts'
import { widthOf } from './width.ts'

/** What a piece of text means; the theme decides how it looks. Never the only carrier of a meaning. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad' | 'accent' | 'key' | 'here'

export interface Span {
  readonly text: Safe
  readonly tone: Tone
}

/** One row of the screen. */
export interface Line {
  readonly spans: readonly Span[]
  /** The row under the cursor: drawn inverse. */
  readonly isCursor: boolean
}

export const span = (text: Safe, tone: Tone = 'plain'): Span => ({ text, tone })

/** A row out of pieces; bare text is plain. */
export function line(...parts: readonly (Safe | Span)[]): Line {
  return { spans: parts.map((part) => (typeof part === 'string' ? span(part) : part)), isCursor: false }
}

export const BLANK: Line = line()

export const textOf = (row: Line): Safe => join(row.spans.map(({ text }) => text))
export const widthOfLine = (row: Line): number => row.spans.reduce((sum, { text }) => sum + widthOf(text), 0)

/** The row in the tone of something that is no longer sure. */
export const faded = (row: Line): Line => ({ ...row, spans: row.spans.map(({ text }) => span(text, 'dim')) })

/** The row under the cursor, filled to the edge so that its bar is whole. */
export function underCursor(row: Line, columns: number): Line {
  const blanks = columns - widthOfLine(row)
  const fill = blanks > 0 ? [span(repeat(say` `, blanks))] : []
  return { spans: [...row.spans, ...fill], isCursor: true }
}

/** No wider than the screen. */
export function clip(row: Line, columns: number): Line {
  if (widthOfLine(row) <= columns) return row
  const spans: Span[] = []
  let left = columns
  for (const { text, tone } of row.spans) {
    if (left <= 0) break
    const kept = cutTo(text, left)
    spans.push(span(kept, tone))
    left -= widthOf(kept)
  }
  return { ...row, spans }
}

/** Two ends of one row: the right end stays at the edge, the left one gives way. */
export function ends(left: readonly Span[], right: readonly Span[], columns: number): Line {
  const rightWidth = right.reduce((sum, { text }) => sum + widthOf(text), 0)
  const head = clip({ spans: left, isCursor: false }, Math.max(0, columns - rightWidth - (rightWidth > 0 ? 1 : 0)))
  const gap = Math.max(0, columns - widthOfLine(head) - rightWidth)
  return clip({ spans: [...head.spans, span(repeat(say` `, gap)), ...right], isCursor: false }, columns)
}

/** `label  value` pairs in columns of equal width, as many as fit side by side. */
export function facts(
  pairs: readonly (readonly [Safe, Safe | Span])[],
  columns: number,
  width: number,
): readonly Line[] {
  const perRow = Math.max(1, Math.floor(columns / width))
  const rows: Line[] = []
  for (let i = 0; i < pairs.length; i += perRow) {
    const row = pairs.slice(i, i + perRow).flatMap(([label, value]) => {
      const { text, tone } = typeof value === 'string' ? span(value) : value
      return [span(fit(say` ${label}`, 12), 'dim'), span(fit(text, Math.min(width, columns) - 12), tone)]
    })
    rows.push(line(...row))
  }
  return rows
}

const sameSpan = (a: Span, b: Span | undefined): boolean => b !== undefined && a.text === b.text && a.tone === b.tone

export const sameLine = (a: Line, b: Line): boolean =>
  a === b ||
  (a.isCursor === b.isCursor &&
    a.spans.length === b.spans.length &&
    a.spans.every((part, i) => sameSpan(part, b.spans[i])))
