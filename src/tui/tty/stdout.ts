import { EventEmitter } from 'node:events'
import type { WriteStream } from 'node:tty'

/** Begin and end of a synchronised update: what Ink writes around a frame. */
const BEGIN = '\x1b[?2026h'
const END = '\x1b[?2026l'

/** The method has no public name, and standard output need not have it. */
function setBlocking(out: WriteStream, on: boolean): void {
  const handle: unknown = Reflect.get(out, '_handle')
  if (typeof handle !== 'object' || handle === null) return
  const method: unknown = Reflect.get(handle, 'setBlocking')
  if (typeof method === 'function') method.call(handle, on)
}

/** To the alternate screen and back, as Ink writes them. */
const ENTER = '\x1b[?1049h'
const LEAVE = '\x1b[?1049l'
/**
 * While we draw, a line that comes out wider than we count is cut at the edge: terminals do not agree on the width of
 * some scripts, and one line more than there are rows would push everything out of place.
 */
const WRAP_OFF = '\x1b[?7l'
const WRAP_ON = '\x1b[?7h'

const withWrap = (data: string): string => data.replace(ENTER, ENTER + WRAP_OFF).replace(LEAVE, WRAP_ON + LEAVE)

type Done = (error?: Error | null) => void

/**
 * Standard output as Ink sees it. The three writes of a frame leave as one, so that a slow link gets one packet, and
 * the bytes are counted.
 */
export class FrameOutput extends EventEmitter {
  readonly isTTY = true
  readonly #out: WriteStream
  #held: string | undefined
  bytes = 0

  constructor(out: WriteStream) {
    super()
    this.#out = out
    // Otherwise a terminal that stops reading stops this whole process.
    setBlocking(out, false)
    out.on('resize', this.#resized)
  }

  get columns(): number {
    return this.#out.columns
  }

  get rows(): number {
    return this.#out.rows
  }

  get writable(): boolean {
    return this.#out.writable
  }

  get destroyed(): boolean {
    return this.#out.destroyed
  }

  get writableEnded(): boolean {
    return this.#out.writableEnded
  }

  write(data: string, done?: Done): boolean {
    if (data === BEGIN) {
      this.#held = data
      return true
    }
    const whole = (this.#held ?? '') + withWrap(data)
    // Leaving the screen must not wait for the end of a frame that may never come.
    if (this.#held !== undefined && data !== END && !data.includes(LEAVE)) {
      this.#held = whole
      if (done !== undefined) this.#out.write('', done)
      return true
    }
    this.#held = undefined
    this.bytes += Buffer.byteLength(whole)
    return done === undefined ? this.#out.write(whole) : this.#out.write(whole, done)
  }

  getColorDepth(): number {
    return this.#out.getColorDepth()
  }

  /** For Ink, which asks for a whole stream and uses what is here of it. */
  asStream(): WriteStream {
    return this as unknown as WriteStream
  }

  /** Leaves the stream as it was. */
  release(): void {
    setBlocking(this.#out, true)
    this.#out.off('resize', this.#resized)
  }

  readonly #resized = (): void => {
    this.emit('resize')
  }
}
