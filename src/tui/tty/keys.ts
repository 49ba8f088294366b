import type { Key } from 'ink'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

const NAMED = [
  ['upArrow', 'Up'],
  ['downArrow', 'Down'],
  ['leftArrow', 'Left'],
  ['rightArrow', 'Right'],
  ['pageUp', 'PageUp'],
  ['pageDown', 'PageDown'],
  ['home', 'Home'],
  ['end', 'End'],
  ['return', 'Enter'],
  ['escape', 'Esc'],
  ['backspace', 'Backspace'],
  ['delete', 'Delete'],
] as const satisfies readonly (readonly [keyof Key, string])[]

function graphemeKey(segment: string): string {
  if (segment === '\r' || segment === '\n' || segment === '\r\n') return 'Enter'
  if (segment === '\t') return 'Tab'
  if (segment === '\x7f') return 'Backspace'
  const code = segment.charCodeAt(0)
  if (segment.length === 1 && code < 0x20) return `C-${String.fromCharCode(code + 0x60)}`
  return segment
}

/**
 * The keys in one event of Ink. Over SSH and in tmux several keys arrive at once (`jjj`, `y` and Enter), and a key
 * pressed just after Esc looks like Alt: each is told apart here, in the order they were pressed.
 */
export function keyNames(input: string, key: Key): readonly string[] {
  if (key.ctrl && input.length === 1) return [`C-${input}`]
  if (key.tab) return [key.shift ? 'S-Tab' : 'Tab']
  const named = NAMED.find(([flag]) => key[flag])?.[1]
  const before = key.meta && named !== 'Esc' ? ['Esc'] : []
  if (named !== undefined) return [...before, named]
  return [...before, ...Array.from(segmenter.segment(input), ({ segment }) => graphemeKey(segment))]
}
