/**
 * Text from outside, made safe to show. Redis holds what anybody wrote there: an id may carry an escape sequence, an error
 * message may hide half of itself. What a terminal would obey, reorder or not show is written out.
 */

/** Controls, formats, unassigned, private, surrogates, separators, blanks that are no space, and what renderers drop. */
const UNSHOWN_CLASS = String.raw`[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?![ \u3000])\p{Zs}`
const UNSHOWN = new RegExp(UNSHOWN_CLASS, 'gu')
const ONE_UNSHOWN = new RegExp(UNSHOWN_CLASS, 'u')
/** A backslash that would read as the beginning of an escape of ours. */
const LOOKALIKE = /\\(?=[ernt\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|u\{)/g
/** More combining marks than any script puts on one letter. */
const MARKS = /(\p{M}{4})\p{M}+/gu

const SHORT: Readonly<Record<string, string>> = { '\x1b': '\\e', '\r': '\\r', '\t': '\\t', '\n': '\\n' }

/** Whether a terminal would not simply show this character. */
export const isUnshown = (char: string): boolean => ONE_UNSHOWN.test(char)

/** One character, written out: `\e`, `\x9b`, `\u202e`, `\u{e0001}`. */
export function escapedChar(char: string): string {
  const short = SHORT[char]
  if (short !== undefined) return short
  const hex = char.codePointAt(0)!.toString(16)
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** One line of text that a terminal shows as it is: `\e` is an ESC that was there, `\\e` a backslash and an e. */
export const visible = (text: string): string =>
  text.replace(LOOKALIKE, '\\\\').replace(UNSHOWN, escapedChar).replace(MARKS, '$1…')

const inJson = (char: string): string =>
  char === '\n'
    ? char
    : Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

/** A JSON text of the same meaning in which nothing is invisible. */
export const visibleJsonText = (json: string): string => json.replace(UNSHOWN, inJson)

/** JSON of a value in which nothing is invisible. */
export const visibleJson = (value: unknown, indent?: number): string =>
  visibleJsonText(JSON.stringify(value, null, indent) ?? 'null')
