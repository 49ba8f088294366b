import { type Safe } from './safe.ts'
import { isAscii, widthOf } from './width.ts'

/** What our own signs become on a terminal that has only ASCII. Each keeps its width, so that nothing moves. */
const SIGNS: Readonly<Record<string, string>> = {
  '─': '-',
  '│': '|',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '…': '~',
  '·': '.',
  '↑': '^',
  '↓': 'v',
  '→': '>',
  '⏎': '/',
  '▁': '_',
  '▂': '.',
  '▃': '.',
  '▄': '-',
  '▅': '-',
  '▆': '=',
  '▇': '^',
  '█': '#',
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The same text in ASCII, of the same width; letters that ASCII has not become `?`. */
export function toAscii(text: Safe): Safe {
  if (isAscii(text)) return text
  let out = ''
  for (const { segment } of segmenter.segment(text)) {
    out += isAscii(segment) ? segment : (SIGNS[segment] ?? '?'.repeat(widthOf(segment)))
  }
  return out as Safe
}
