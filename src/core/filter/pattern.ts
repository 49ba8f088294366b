/** Patterns may come from outside, so they are kept to what can be matched in linear time. */
export const PATTERN_MAX = 256
/** Of a longer text only the beginning is looked at. */
const TEXT_MAX = 8_192

/** One alternative: pieces that have to follow each other. */
function alternative(text: string, isWhole: boolean): (value: string) => boolean {
  const fromStart = isWhole || text.startsWith('^')
  const toEnd = isWhole || text.endsWith('$')
  const bare = isWhole ? text : text.slice(text.startsWith('^') ? 1 : 0, toEnd ? -1 : undefined)
  const pieces = bare.split('*')
  const last = pieces.pop()!
  return (value) => {
    let at = 0
    for (const [i, piece] of pieces.entries()) {
      const found = value.indexOf(piece, at)
      if (found < 0 || (i === 0 && fromStart && found !== 0)) return false
      at = found + piece.length
    }
    if (toEnd) {
      const isOnly = pieces.length === 0 && fromStart
      return value.length - last.length >= at && value.endsWith(last) && (!isOnly || value.length === last.length)
    }
    return pieces.length === 0 && fromStart ? value.startsWith(last) : value.includes(last, at)
  }
}

/**
 * Whether a text matches, in any case of letters. `a|b`: one or the other; `*`: anything; `^` and `$`: its ends.
 * @param isWhole the pattern has to cover all of the text, as if between `^` and `$`.
 */
export function compilePattern(pattern: string, isWhole = false): (value: string) => boolean {
  const alternatives = pattern
    .toLowerCase()
    .split('|')
    .map((one) => alternative(one, isWhole))
  return (value) => {
    const text = value.slice(0, TEXT_MAX).toLowerCase()
    return alternatives.some((matches) => matches(text))
  }
}
