import { escapedChar, isUnshown } from '../../core/visible.ts'

/**
 * The only door by which text from outside reaches the screen. Redis holds what anybody wrote there: an id may carry an
 * escape sequence, an error message may hide half of itself. Every such string passes here once, at the boundary of the
 * store, and comes out as `Safe`: printable, of known width, with everything else shown as a visible escape.
 */
declare const SAFE: unique symbol

/** Text that may be drawn. A plain string does not fit where this is asked for. */
export type Safe = string & { readonly [SAFE]: true }

/** The most graphemes of one cell. */
export const LINE_CAP = 256
/** The most characters of one text pane, and its most lines. */
export const BLOCK_CAP = 64 * 1024
export const BLOCK_LINES = 2000

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/
const MARK = /^\p{M}$/u
/** Terminals disagree on the width of an emoji with a skin tone, so the tone is shown apart. */
const SKIN_TONE = /^\p{Emoji_Modifier}$/u
/** Our own sign: in data it would read as a line break that is not there. */
const LINE_BREAK = '\u23ce'
/** What follows a backslash in an escape of ours. */
const ESCAPE_TAIL = /^(?:[ert]|x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\})/

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** A line break has a sign of its own, so that it stands out in a cell. */
const escaped = (char: string): string => (char === '\n' ? LINE_BREAK : escapedChar(char))

const mustEscape = (char: string, isFirst: boolean): boolean =>
  isUnshown(char) || char === LINE_BREAK || (isFirst ? MARK.test(char) : SKIN_TONE.test(char))

/** One grapheme: at most three marks stay on their base, the rest is cut visibly. */
function cleanGrapheme(grapheme: string): string {
  let out = ''
  let marks = 0
  let isFirst = true
  for (const char of grapheme) {
    if (mustEscape(char, isFirst)) out += escaped(char)
    else if (!MARK.test(char) || ++marks <= 3) out += char
    else if (marks === 4) out += '…'
    isFirst = false
  }
  return out
}

/**
 * Doubles the backslashes that would otherwise read as an escape, so that what stands on the screen has one meaning:
 * `\e` is a real ESC, `\\e` is a backslash and an e.
 */
function guardBackslashes(raw: string, at: number): string {
  let end = at
  while (raw[end] === '\\') end++
  const run = raw.slice(at, end)
  const next = String.fromCodePoint(raw.codePointAt(end) ?? 0x20)
  return ESCAPE_TAIL.test(raw.slice(end, end + 12)) || mustEscape(next, false) ? run + run : run
}

function clean(raw: string, cap: number): string {
  let out = ''
  let graphemes = 0
  for (const { segment, index } of segmenter.segment(raw)) {
    if (graphemes++ >= cap) return `${out}…`
    if (segment !== '\\') out += cleanGrapheme(segment)
    else if (raw[index - 1] !== '\\') out += guardBackslashes(raw, index)
  }
  return out
}

/** One line of text that may be drawn, at most `cap` graphemes of it; a line break shows as a sign. */
export function safeLine(raw: string, cap: number = LINE_CAP): Safe {
  // Cut before any other work: a megabyte of text costs no more than a page of it.
  const cut = raw.length > cap * 8 ? raw.slice(0, cap * 8).toWellFormed() : raw
  if (cut.length <= cap && PLAIN.test(cut)) return cut as Safe
  return clean(cut, cap) as Safe
}

/** Lines of text that may be drawn. A tab becomes two blanks; what is over the cap is said in a last line. */
export function safeBlock(raw: string): readonly Safe[] {
  const kept = raw.slice(0, BLOCK_CAP)
  const lines = kept.split(/\r?\n/, BLOCK_LINES).map((text) => safeLine(text.replaceAll('\t', '  '), 4096))
  const rest = raw.length - kept.length
  return rest === 0 ? lines : [...lines, say`… ${rest} more characters`]
}

/** Text of our own: what stands in the source, with safe text and numbers in its places. */
export function say(parts: TemplateStringsArray, ...values: readonly (Safe | number)[]): Safe {
  return String.raw({ raw: parts }, ...values) as Safe
}

/** Pieces of safe text in one. */
export const join = (parts: readonly Safe[], separator: '' | ' ' | '  ' | ', ' | ' · ' | '\n' = ''): Safe =>
  parts.join(separator) as Safe

export const upper = (text: Safe): Safe => text.toUpperCase() as Safe

/** A sign of ours, so many times. */
export const repeat = (sign: Safe, times: number): Safe => sign.repeat(Math.max(0, times)) as Safe

export const NOTHING: Safe = say``
