const CR = 13
const LF = 10

/** Cuts a stream of RESP2 values, which may arrive in any pieces, into whole values; each byte is copied at most once. */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  readonly #parts: Buffer[] = []
  /** Values that the present frame still lacks; an array adds its members. */
  #missing = 1
  /** Bytes of a bulk string, with its line end, that are still to come. */
  #skip = 0
  #line = ''

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    let from = 0
    for (let at = 0; at < chunk.length;) {
      at = this.#skip > 0 ? this.#skipped(chunk, at) : this.#lineEnd(chunk, at)
      if (this.#missing > 0) continue
      const frame = this.#join(chunk.subarray(from, at))
      from = at
      this.#missing = 1
      this.#onFrame(frame)
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from))
  }

  #skipped(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#skip, chunk.length - at)
    this.#skip -= bytes
    if (this.#skip === 0) this.#missing--
    return at + bytes
  }

  #lineEnd(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at)
    this.#line += chunk.toString('latin1', at, end < 0 ? chunk.length : end)
    if (end < 0) return chunk.length
    this.#header(this.#line)
    this.#line = ''
    return end + 1
  }

  /** Anything that is neither an array nor a bulk string is a value of one line, as are inline commands. */
  #header(line: string): void {
    const size = Number.parseInt(line.slice(1), 10)
    if (line.startsWith('$') && size >= 0) this.#skip = size + 2
    else if (line.startsWith('*') && size >= 0) this.#missing += size - 1
    else this.#missing--
  }

  #join(last: Buffer): Buffer {
    return this.#parts.length === 0 ? last : Buffer.concat([...this.#parts.splice(0), last])
  }
}

/** The words of one request, the command first: at most 64, each of at most 256 bytes. */
export function wordsOf(request: Buffer): string[] {
  if (request[0] !== 0x2a) return request.toString('latin1').trim().split(/ +/) // not '*': an inline command
  const words: string[] = []
  let at = request.indexOf(LF) + 1
  while (at < request.length && words.length < 64) {
    const end = request.indexOf(LF, at)
    const size = Number.parseInt(request.toString('latin1', at + 1, request[end - 1] === CR ? end - 1 : end), 10)
    words.push(request.toString('utf8', end + 1, end + 1 + Math.min(size, 256)))
    at = end + 1 + size + 2
  }
  return words
}
