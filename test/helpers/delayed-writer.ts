import type { Socket } from 'node:net'

/** Writes to a socket in order, each piece `latencyMs` after it was given; at once without latency. */
export class DelayedWriter {
  readonly #socket: Socket
  readonly #latencyMs: () => number
  /** `undefined` instead of bytes closes the socket. */
  readonly #waiting: { readonly at: number; readonly bytes: Buffer | undefined }[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, latencyMs: () => number) {
    this.#socket = socket
    this.#latencyMs = latencyMs
    socket.on('close', () => clearTimeout(this.#timer))
  }

  write(bytes: Buffer): void {
    this.#add(bytes)
  }

  /** Closes the socket once everything before is written. */
  end(): void {
    this.#add(undefined)
  }

  #add(bytes: Buffer | undefined): void {
    const latencyMs = this.#latencyMs()
    if (latencyMs <= 0 && this.#waiting.length === 0) return this.#pass(bytes)
    this.#waiting.push({ at: performance.now() + latencyMs, bytes })
    if (this.#waiting.length === 1) this.#wait()
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, this.#waiting[0]!.at - performance.now()))
  }

  #flush(): void {
    const now = performance.now()
    while (this.#waiting.length > 0 && this.#waiting[0]!.at <= now) this.#pass(this.#waiting.shift()!.bytes)
    if (this.#waiting.length > 0) this.#wait()
  }

  #pass(bytes: Buffer | undefined): void {
    if (this.#socket.destroyed) return
    if (bytes === undefined) this.#socket.destroySoon()
    else this.#socket.write(bytes)
  }
}
