export interface NudgedParts {
  /** Entries of all grants that this worker holds, by nonce. */
  readonly alive: () => ReadonlyMap<string, number>
  readonly renew: (queue: string, entries: ReadonlyMap<string, number>) => Promise<unknown>
}

/** Nudges of one moment are one renewal; a queue gets no more than one in `REST_MS`. */
const GATHER_MS = 5
const REST_MS = 50
/** A grant whose claim is still on its way to its worker is looked for so long. */
const UNKNOWN_MS = 1_000
const UNKNOWN_MOST = 1_000

/** Grants of one queue that somebody asked about: who cancels a running task says whose it is. */
export class Nudged {
  readonly #parts: NudgedParts
  readonly #queue: string
  /** Nonce → when to forget it. Those of other workers are heard too. */
  readonly #nonces = new Map<string, number>()
  #isRenewing = false
  #timer: NodeJS.Timeout | undefined

  constructor(queue: string, parts: NudgedParts) {
    this.#queue = queue
    this.#parts = parts
  }

  hear(nonce: string): void {
    if (this.#nonces.size >= UNKNOWN_MOST) return
    this.#nonces.set(nonce, performance.now() + UNKNOWN_MS)
    this.#look(GATHER_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#nonces.clear()
  }

  #look(inMs: number): void {
    if (this.#isRenewing) return
    this.#timer ??= setTimeout(() => void this.#renewHeld(), inMs)
  }

  async #renewHeld(): Promise<void> {
    const now = performance.now()
    const alive = this.#parts.alive()
    const entries = new Map<string, number>()
    for (const [nonce, forgetAt] of this.#nonces) {
      const entry = alive.get(nonce)
      if (entry !== undefined) entries.set(nonce, entry)
      if (entry !== undefined || forgetAt <= now) this.#nonces.delete(nonce)
    }
    this.#isRenewing = true
    if (entries.size > 0) await this.#parts.renew(this.#queue, entries)
    this.#isRenewing = false
    this.#timer = undefined
    if (this.#nonces.size > 0) this.#look(REST_MS)
  }
}
