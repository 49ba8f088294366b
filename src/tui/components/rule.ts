import { cutTo, headOf } from '../text/fit.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, repeat, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'

const DASH = say`─`

/** `─ Title  note ──────────── right ─`: parts of the screen are told apart by these alone, without borders at the sides. */
export function rule(columns: number, title?: Safe, note?: Safe, right?: Safe | Span): Line {
  if (title === undefined) return line(span(repeat(DASH, columns), 'dim'))
  const end = right === undefined ? undefined : typeof right === 'string' ? span(right, 'dim') : right
  const endWidth = end === undefined || end.text === '' ? 0 : widthOf(end.text) + 2
  const space = Math.max(0, columns - endWidth - 5)
  const both = note === undefined ? title : say`${title}  ${note}`
  const head = cutTo(both, space)
  const named = headOf(head, widthOf(title))
  const rest = head.slice(named.length) as Safe
  const dashes = repeat(DASH, columns - 3 - widthOf(head) - (endWidth === 0 ? 0 : endWidth + 1))
  const tail: Span[] = endWidth === 0 ? [] : [span(say` ${end!.text} `, end!.tone), span(DASH, 'dim')]
  return line(span(say`─ `, 'dim'), span(named, 'strong'), span(say`${rest} `, 'dim'), span(dashes, 'dim'), ...tail)
}
