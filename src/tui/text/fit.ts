import { idTimeMs } from '../../core/ids.ts'
import { type Safe, NOTHING, say } from './safe.ts'
import { isAscii, widthOf } from './width.ts'

export type Align = 'left' | 'right'
/** Which part gives way when the text is too long. `id` keeps the part that tells ids of one producer apart. */
export type Cut = 'end' | 'middle' | 'id'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** As many whole graphemes from the start as fit. */
export function headOf(text: Safe, columns: number): Safe {
  if (columns <= 0) return NOTHING
  if (isAscii(text)) return text.slice(0, columns) as Safe
  if (widthOf(text) <= columns) return text
  let out = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += widthOf(segment)
    if (used > columns) break
    out += segment
  }
  return out as Safe
}

/** As many whole graphemes from the end as fit. */
export function tailOf(text: Safe, columns: number): Safe {
  if (columns <= 0) return NOTHING
  if (isAscii(text)) return text.slice(-columns) as Safe
  let out = ''
  let used = 0
  for (const { segment } of [...segmenter.segment(text)].toReversed()) {
    used += widthOf(segment)
    if (used > columns) break
    out = segment + out
  }
  return out as Safe
}

/** The text, or what fits of it with a mark where it was cut. */
export function cutTo(text: Safe, columns: number, cut: Cut = 'end'): Safe {
  if (columns <= 0) return NOTHING
  if (widthOf(text) <= columns) return text
  if (columns === 1) return headOf(text, 1)
  if (cut === 'end') return say`${headOf(text, columns - 1)}…`
  if (cut === 'id' && idTimeMs(text) !== undefined) return cutId(text, columns)
  const head = Math.ceil((columns - 1) / 2)
  return say`${headOf(text, head)}…${tailOf(text, columns - 1 - head)}`
}

/** Ids of one producer begin alike and end alike; they differ in the low part of the time and in the sequence. */
const ID_SEQUENCE_END = 14

function cutId(id: Safe, columns: number): Safe {
  if (columns > ID_SEQUENCE_END) return say`${headOf(id, columns - 1)}…`
  if (columns < 6) return tailOf(id.slice(0, ID_SEQUENCE_END) as Safe, columns)
  const kept = tailOf(id.slice(0, ID_SEQUENCE_END) as Safe, columns - 2)
  return say`…${kept}…`
}

/** Exactly `columns` wide: cut, or filled up with blanks. */
export function fit(text: Safe, columns: number, align: Align = 'left', cut: Cut = 'end'): Safe {
  const kept = cutTo(text, columns, cut)
  const blanks = ' '.repeat(Math.max(0, columns - widthOf(kept)))
  return (align === 'left' ? kept + blanks : blanks + kept) as Safe
}

/** Lines of at most `columns`, broken between graphemes. */
export function wrap(text: Safe, columns: number): readonly Safe[] {
  if (columns <= 0) return []
  const lines: Safe[] = []
  let rest = text
  while (widthOf(rest) > columns) {
    const head = headOf(rest, columns)
    if (head.length === 0) break
    lines.push(head)
    rest = rest.slice(head.length) as Safe
  }
  lines.push(rest)
  return lines
}

/** Lines of whole words; a word that is too long for a line stays on one of its own. */
export function wrapWords(text: Safe, columns: number): readonly Safe[] {
  const lines: Safe[] = []
  for (const word of text.split(' ') as Safe[]) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns)
      lines[lines.length - 1] = say`${last} ${word}`
    else if (word !== '' || last === undefined) lines.push(word)
  }
  return lines
}
