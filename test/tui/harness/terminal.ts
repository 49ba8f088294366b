import { EventEmitter } from 'node:events'
import stringWidth from 'string-width'
import xterm, { type IUnicodeVersionProvider, type Terminal as Xterm } from '@xterm/headless'

// A CommonJS package: Node sees its names only on the default export.
const { Terminal } = xterm

/**
 * Widths as present terminals have them; those xterm comes with are of 2010 and know no emoji. Packed as xterm wants them:
 * two bits of width, and one for a mark that joins what stands before it.
 */
const WIDTHS: IUnicodeVersionProvider = {
  version: 'present',
  wcwidth: widthOf,
  charProperties(code, preceding) {
    const width = widthOf(code)
    const widthBefore = (preceding >> 1) & 3
    return width === 0 && widthBefore > 0 ? (widthBefore << 1) | 1 : width << 1
  },
}

const widths = new Map<number, 0 | 1 | 2>()

function widthOf(code: number): 0 | 1 | 2 {
  const known = widths.get(code)
  if (known !== undefined) return known
  const width = stringWidth(String.fromCodePoint(code))
  const cells = width === 0 || width === 1 ? width : 2
  widths.set(code, cells)
  return cells
}

/** A terminal in memory: what is written to it is drawn as a real one would. */
export class FakeTerminal {
  readonly #term: Xterm
  #written: Promise<void> = Promise.resolve()
  #gate: Promise<void> | undefined
  bytes = 0
  titles: string[] = []
  /** What was put into the clipboard, in order. */
  clipboard: string[] = []
  readonly streams: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream }
  readonly #out: Output
  readonly #in: Input
  #isCursorShown = true

  constructor(columns: number, rows: number) {
    this.#term = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, scrollback: 0 })
    this.#term.unicode.register(WIDTHS)
    this.#term.unicode.activeVersion = WIDTHS.version
    this.#term.onTitleChange((title) => this.titles.push(title))
    this.#term.parser.registerOscHandler(52, (data) => {
      this.clipboard.push(Buffer.from(data.slice(data.indexOf(';') + 1), 'base64').toString())
      return true
    })
    for (const final of ['h', 'l']) {
      this.#term.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
        if (modes.includes(25)) this.#isCursorShown = final === 'h'
        return false
      })
    }
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
    const gate = this.#gate
    this.#written = this.#written.then(() => gate).then(() => new Promise((resolve) => this.#term.write(text, resolve)))
    return this.#written
  }

  /** The link stalls: nothing that is written from now on arrives. @returns what lets it go on */
  stall(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return () => {
      this.#gate = undefined
      resolve()
    }
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

  /** Where the last sign of a row ends, in cells. */
  edgeOf(y: number): number {
    const buffer = this.#term.buffer.active
    const row = buffer.getLine(buffer.baseY + y)
    for (let x = this.#term.cols - 1; x >= 0; x--) {
      const cell = row?.getCell(x)
      if (cell !== undefined && cell.getChars().trim() !== '') return x + cell.getWidth()
    }
    return 0
  }

  get isAlternate(): boolean {
    return this.#term.buffer.active.type === 'alternate'
  }

  /** What a program that draws changes, and has to put back. */
  get modes() {
    const { bracketedPasteMode, mouseTrackingMode, wraparoundMode } = this.#term.modes
    return {
      isAlternate: this.isAlternate,
      isCursorShown: this.#isCursorShown,
      isRaw: this.#in.isRaw,
      hasPaste: bracketedPasteMode,
      mouse: mouseTrackingMode,
      wraps: wraparoundMode,
    }
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
  isRaw = false

  send(raw: string): void {
    this.#chunks.push(raw)
    this.emit('readable')
  }

  read(): string | null {
    return this.#chunks.shift() ?? null
  }

  setRawMode(on: boolean): this {
    this.isRaw = on
    return this
  }

  setEncoding(): void {}
  ref(): void {}
  unref(): void {}
  pause(): void {}
  resume(): void {}
}
