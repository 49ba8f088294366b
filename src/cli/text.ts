/**
 * The door by which text from outside reaches the terminal. Redis holds what anybody wrote there: an id may carry an escape
 * sequence, an error message may hide half of itself. What a terminal would obey, reorder or not show is shown escaped.
 */
const UNSHOWN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?![ \u3000])\p{Zs}/gu
/** A backslash that would read as the beginning of an escape of ours. */
const LOOKALIKE = /\\(?=[ernt\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|u\{)/g
/** More combining marks than any script puts on one letter. */
const MARKS = /(\p{M}{4})\p{M}+/gu

const SHORT: Readonly<Record<string, string>> = { '\x1b': '\\e', '\r': '\\r', '\t': '\\t', '\n': '\\n' }

function escaped(char: string): string {
  const short = SHORT[char]
  if (short !== undefined) return short
  const hex = char.codePointAt(0)!.toString(16)
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** One line of text that a terminal shows as it is: `\e` is an ESC that was there, `\\e` a backslash and an e. */
export const visible = (text: string): string =>
  text.replace(LOOKALIKE, '\\\\').replace(UNSHOWN, escaped).replace(MARKS, '$1…')

const inJson = (char: string): string =>
  char === '\n'
    ? char
    : Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

/** JSON of the same meaning in which nothing is invisible. */
export const visibleJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(UNSHOWN, inJson)

/** Text of our own around text from outside, which is made visible. */
export const say = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw({ raw: parts }, ...values.map((value) => visible(String(value))))

/** `1 task`, `3 tasks`, `12,000 tasks`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

export const count = (n: number): string => n.toLocaleString('en-US')

const STEPS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** How long, in its two largest units: `340ms`, `12s`, `3m20s`, `2h5m`, `3d4h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`
  const whole = Math.floor(ms / 1_000) * 1_000
  const at = STEPS.findIndex(([, size]) => whole >= size)
  if (at < 0) return `${whole / 1_000}s`
  const [unit, size] = STEPS[at]!
  const [restUnit, restSize] = STEPS[at + 1] ?? ['s', 1_000]
  const rest = Math.floor((whole % size) / restSize)
  return `${Math.floor(whole / size)}${unit}${rest === 0 ? '' : `${rest}${restUnit}`}`
}

/** How long ago, or how far ahead; nothing for an unknown time. */
export function relative(ms: number | undefined, nowMs: number): string {
  if (ms === undefined) return ''
  return ms > nowMs ? `in ${span(ms - nowMs)}` : `${span(nowMs - ms)} ago`
}

/** RFC 3339, with what it means from here. */
export function instant(ms: number | undefined, nowMs: number): string {
  if (ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return ''
  return `${new Date(ms).toISOString()} (${relative(ms, nowMs)})`
}
