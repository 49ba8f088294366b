import { DqError } from '../errors.ts'

/**
 * The words of a filter. Blanks part them, but not within double quotes, which are taken away; `\"` is a quote.
 * @throws DqError `invalid_input` for a quote that is not closed.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  let word = ''
  let isOpen = false
  let isWord = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\\' && text[i + 1] === '"') {
      word += text[++i]
      isWord = true
    } else if (char === '"') {
      isOpen = !isOpen
      isWord = true
    } else if (!isOpen && /\s/.test(char)) {
      if (isWord) words.push(word)
      word = ''
      isWord = false
    } else {
      word += char
      isWord = true
    }
  }
  if (isOpen) throw new DqError('invalid_input', 'a quote of the filter is not closed; add "', { details: ['filter'] })
  if (isWord) words.push(word)
  return words
}
