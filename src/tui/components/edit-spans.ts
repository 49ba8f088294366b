import type { Edit } from '../state/edit.ts'
import { cutTo, tailOf } from '../text/fit.ts'
import { type Span, span } from '../text/line.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'

const CURSOR = span(say`_`, 'accent')

/** What fits of its end, with a mark where it was cut. */
const cutFront = (text: Safe, columns: number): Safe =>
  widthOf(text) <= columns ? text : columns <= 1 ? tailOf(text, columns) : say`…${tailOf(text, columns - 1)}`

/**
 * A typed line with its cursor drawn as an underscore, since the terminal's own is hidden. A line that is too long for its
 * columns is moved to the left until the cursor is in sight, and something behind it too.
 */
export function editSpans(edit: Edit, columns: number): readonly Span[] {
  const signs = Array.from(new Intl.Segmenter().segment(edit.text), ({ segment }) => segment)
  const head = safeLine(signs.slice(0, edit.at).join(''))
  const tail = safeLine(signs.slice(edit.at).join(''))
  const space = Math.max(0, columns - widthOf(CURSOR.text))
  const kept = cutFront(head, space - Math.min(widthOf(tail), Math.floor(space / 3)))
  return [span(kept, 'strong'), CURSOR, span(cutTo(tail, space - widthOf(kept)), 'strong')]
}
