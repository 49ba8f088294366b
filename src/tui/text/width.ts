import stringWidth from 'string-width'

const ASCII = /^[\x20-\x7e]*$/
/** ASCII and our own signs, all of them one column wide. */
const NARROW = /^[\x20-\x7e─│┌┐└┘▁▂▃▄▅▆▇█…·↑↓→]*$/
const CACHE_SIZE = 4096
const cache = new Map<string, number>()

/** Columns that the text takes on the screen, as Ink counts them. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length
  const known = cache.get(text)
  if (known !== undefined) return known
  if (cache.size >= CACHE_SIZE) cache.clear()
  const width = stringWidth(text)
  cache.set(text, width)
  return width
}

export const isAscii = (text: string): boolean => ASCII.test(text)
