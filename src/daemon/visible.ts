/** C0 but tab and line feed, DEL, C1, zero-width, direction marks, line separators, and lone halves of pairs. */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

const escape = (char: string): string => {
  const code = char.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** Text from outside for a log: what could move a cursor or hide something is written out instead. */
export const visible = (text: string, maxChars = 2_000): string =>
  (text.length > maxChars ? `${text.slice(0, maxChars)}…` : text).replace(INVISIBLE, escape)
