import { EventEmitter } from 'node:events'
import xterm, { type Terminal as Xterm } from '@xterm/headless'

// A CommonJS package: Node sees its names only on the default export.
const { Terminal } = xterm

/** A terminal in memory: what is written to it is drawn as a real one would. */
export class FakeTerminal {
  readonly #term: Xterm
  #written: Promise<void> = Promise.resolve()
  bytes = 0
  titles: string[] = []
  readonly streams: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream }
  readonly #out: Output
  readonly #in: Input

  constructor(columns: number, rows: number) {
    this.#term = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, scrollback: 0 })
    this.#term.onTitleChange((title) => this.titles.push(title))
    this.#out = new Output(this.#term, (text) => this.#write(text))
    this.#in = new Input()
    // Ink asks for whole streams and uses what is here of them.
    this.streams = {
      stdin: this.#in as unknown as NodeJS.ReadStream,
      stdout: this.#out as unknown as NodeJS.WriteStream,
      stderr: new Output(this.#term, () => Promise.resolve()) as unknown as NodeJS.WriteStream,
    }
  }

  #write(text: string): Promise<void> {
    this.bytes += Buffer.byteLength(text)
    this.#written = this.#written.then(() => new Promise((resolve) => this.#term.write(text, resolve)))
    return this.#written
  }

  /** Resolves when all that was written is drawn. */
  drawn(): Promise<void> {
    return this.#written
  }

  lines(): string[] {
    const buffer = this.#term.buffer.active
    return Array.from(
      { length: this.#term.rows },
      (_, y) => buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '',
    )
  }

  text(): string {
    return this.lines().join('\n')
  }

  /** The styles of a row, a letter for each cell: inverse, bold, dim, coloured, plain. */
  styles(y: number): string {
    const buffer = this.#term.buffer.active
    const row = buffer.getLine(buffer.baseY + y)
    return Array.from({ length: this.#term.cols }, (_, x) => {
      const cell = row?.getCell(x)
      if (cell === undefined) return ' '
      if (cell.isInverse()) return 'i'
      if (!cell.isFgDefault()) return 'c'
      return cell.isBold() ? 'b' : cell.isDim() ? 'd' : '.'
    }).join('')
  }

  get isAlternate(): boolean {
    return this.#term.buffer.active.type === 'alternate'
  }

  /** Raw bytes, as the keyboard sends them: all of them in one burst. */
  send(raw: string): void {
    this.#in.send(raw)
  }

  resize(columns: number, rows: number): void {
    this.#term.resize(columns, rows)
    this.#out.emit('resize')
  }
}

class Output extends EventEmitter {
  readonly isTTY = true
  readonly writable = true
  readonly #term: Xterm
  readonly #onWrite: (text: string) => Promise<void>

  constructor(term: Xterm, onWrite: (text: string) => Promise<void>) {
    super()
    this.#term = term
    this.#onWrite = onWrite
  }

  get columns(): number {
    return this.#term.cols
  }

  get rows(): number {
    return this.#term.rows
  }

  write(data: string | Uint8Array, done?: () => void): boolean {
    const written = this.#onWrite(typeof data === 'string' ? data : Buffer.from(data).toString())
    if (typeof done === 'function') void this.#call(written, done)
    return true
  }

  async #call(written: Promise<void>, done: () => void): Promise<void> {
    await written
    done()
  }

  getColorDepth(): number {
    return 4
  }
}

class Input extends EventEmitter {
  readonly isTTY = true
  readonly #chunks: string[] = []

  send(raw: string): void {
    this.#chunks.push(raw)
    this.emit('readable')
  }

  read(): string | null {
    return this.#chunks.shift() ?? null
  }

  setRawMode(): this {
    return this
  }

  setEncoding(): void {}
  ref(): void {}
  unref(): void {}
  pause(): void {}
  resume(): void {}
}
