/** One answer, as it came. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const HEAD_MOST = 65_536

interface Head {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly length: number
}

/** @throws Error for what is no answer of HTTP/1.1 with a length. */
function headOf(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(first) ?? []
  if (status === undefined) throw new Error(`an answer begins with ${JSON.stringify(first.slice(0, 100))}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+): (.*)$/s.exec(line) ?? []
    if (name === undefined) throw new Error(`an answer has the header ${JSON.stringify(line.slice(0, 100))}`)
    if (headers.has(name.toLowerCase())) throw new Error(`an answer has the header ${name} twice`)
    headers.set(name.toLowerCase(), value)
  }
  const length = headers.get('content-length') ?? (status.startsWith('1') ? '0' : undefined)
  if (length === undefined || !/^\d+$/.test(length)) throw new Error(`an answer ${status} has no length`)
  return { status: Number(status), headers, length: Number(length) }
}

/** Cuts what comes over one connection into answers. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0)

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  /**
   * @param isHead it answers a HEAD: a length, and nothing of that length.
   * @returns undefined until it is there as a whole. @throws Error for what is no answer.
   */
  take(isHead: boolean): HttpAnswer | undefined {
    const end = this.#bytes.indexOf(HEAD_END)
    if (end < 0) {
      if (this.#bytes.length > HEAD_MOST) throw new Error('an answer has a head without an end')
      return undefined
    }
    const { status, headers, length } = headOf(this.#bytes.subarray(0, end).toString('latin1'))
    const from = end + HEAD_END.length
    const to = from + (isHead ? 0 : length)
    if (this.#bytes.length < to) return undefined
    const text = this.#bytes.subarray(from, to).toString('utf8')
    this.#bytes = this.#bytes.subarray(to)
    return status < 200 ? this.take(isHead) : { status, headers, text }
  }

  /** Bytes that belong to no answer yet. */
  get rest(): number {
    return this.#bytes.length
  }
}
