export interface InFlightParts {
  /** How long a command may take in all, the wait for a connection included. */
  readonly answerMs: number
  /** A connection that owes an answer and says nothing for so long is lost, whatever the socket thinks. */
  readonly silenceMs: number
  readonly onSilence: () => void
  /** Why a command that was never sent failed. */
  readonly unsent: () => Error
}

interface Entry {
  readonly sinceMs: number
  sentAtMs: number
  readonly fail: (error: Error) => void
}

/** A timer that strikes so late was held up by the event loop; the answers then get so long to be read. */
const BLOCKED_MS = 100
const CATCH_UP_MS = 200

/** Said of a command that was sent: nobody knows whether it ran. */
export const UNANSWERED = 'Command timed out'

/**
 * The commands of one connection that have no answer yet. Each has a deadline; one that waits for a connection is not sent
 * once nobody waits for it. A timer that comes late, because the event loop was blocked, gives the answers that arrived
 * meanwhile the time to be read first.
 */
export class InFlight {
  readonly #parts: InFlightParts
  /** Both in the order in which they came. */
  readonly #waiting = new Map<Entry, () => void>()
  readonly #sent = new Set<Entry>()
  #isUp = false
  #heardAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(parts: InFlightParts) {
    this.#parts = parts
  }

  /** Sends when the connection is up. */
  send<T>(start: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { sinceMs: performance.now(), sentAtMs: 0, fail: reject }
      const go = (): void => {
        entry.sentAtMs = performance.now()
        this.#sent.add(entry)
        start().then(
          (reply) => {
            this.#answered(entry)
            resolve(reply)
          },
          (error: unknown) => {
            this.#answered(entry)
            reject(error)
          },
        )
      }
      if (this.#isUp) go()
      else this.#waiting.set(entry, go)
      if (this.#timer === undefined) this.#arm()
    })
  }

  up(): void {
    this.#isUp = true
    this.#heardAtMs = performance.now()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const go of waiting) go()
    clearTimeout(this.#timer)
    this.#arm()
  }

  down(): void {
    this.#isUp = false
  }

  /** What waits for the connection will not get one in time. */
  refuse(error: Error): void {
    const waiting = [...this.#waiting.keys()]
    this.#waiting.clear()
    for (const entry of waiting) entry.fail(error)
  }

  /** Nothing will be answered any more. */
  fail(error: Error): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isUp = false
    const all = [...this.#waiting.keys(), ...this.#sent]
    this.#waiting.clear()
    this.#sent.clear()
    for (const entry of all) entry.fail(error)
  }

  #answered(entry: Entry): void {
    this.#sent.delete(entry)
    this.#heardAtMs = performance.now()
  }

  /** Undefined while nothing is owed. */
  get #silentAtMs(): number | undefined {
    const [oldest] = this.#sent
    if (!this.#isUp || oldest === undefined) return undefined
    return Math.max(oldest.sentAtMs, this.#heardAtMs) + this.#parts.silenceMs
  }

  #arm(): void {
    this.#timer = undefined
    const [sent] = this.#sent
    const [waiting] = this.#waiting.keys()
    const oldest = Math.min(sent?.sinceMs ?? Infinity, waiting?.sinceMs ?? Infinity)
    const nextMs = Math.min(oldest + this.#parts.answerMs, this.#silentAtMs ?? Infinity)
    if (nextMs === Infinity) return
    this.#timer = setTimeout(() => this.#strike(nextMs), Math.max(1, Math.ceil(nextMs - performance.now())))
  }

  #strike(dueMs: number): void {
    const check = (): void => this.#check()
    if (performance.now() - dueMs < BLOCKED_MS) setImmediate(check)
    else this.#timer = setTimeout(check, CATCH_UP_MS)
  }

  #check(): void {
    if (this.#timer === undefined) return // failed meanwhile
    const now = performance.now()
    if ((this.#silentAtMs ?? Infinity) <= now) {
      this.#isUp = false
      this.#parts.onSilence()
    }
    const { answerMs, unsent } = this.#parts
    for (const entry of this.#waiting.keys()) {
      if (entry.sinceMs + answerMs > now) break
      this.#waiting.delete(entry)
      entry.fail(unsent())
    }
    for (const entry of this.#sent) {
      if (entry.sinceMs + answerMs > now) break
      this.#sent.delete(entry)
      entry.fail(new Error(UNANSWERED))
    }
    this.#arm()
  }
}
