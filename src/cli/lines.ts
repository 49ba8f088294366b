/** One line of a stream, or that it was longer than any may be. */
export interface InputLine {
  /** 1 for the first. */
  readonly number: number
  readonly text: string
  readonly tooLong: boolean
}

export interface LineOptions {
  /** Of a longer line nothing is kept. */
  readonly maxChars: number
  /** The most lines that are handed out at once. */
  readonly most: number
  /** Told how much was read. */
  readonly onBytes?: (bytes: number) => void
}

/**
 * The lines of a stream of UTF-8 as they arrive, some at a time: nobody waits for a full batch, and memory is bounded by
 * the longest line that may be.
 */
export async function* readLines(
  input: AsyncIterable<Buffer | string>,
  { maxChars, most, onBytes }: LineOptions,
): AsyncGenerator<InputLine[]> {
  const decoder = new TextDecoder()
  let number = 0
  let rest = ''
  let tooLong = false
  const line = (text: string): InputLine => {
    const over = tooLong || text.length > maxChars
    tooLong = false
    return { number: ++number, text: over ? '' : text.replace(/\r$/, ''), tooLong: over }
  }
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    onBytes?.(bytes.length)
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (let from = 0; from < parts.length; from += most) yield parts.slice(from, from + most).map(line)
    if (rest.length <= maxChars) continue
    tooLong = true
    rest = ''
  }
  rest += decoder.decode()
  if (rest !== '' || tooLong) yield [line(rest)]
}
