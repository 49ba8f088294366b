import { setTimeout as pause } from 'node:timers/promises'
import { DqError } from './errors.ts'
import type { Argument, ScriptHost } from './redis.ts'
import { troubleMs } from './trouble.ts'

export interface PersistentOptions {
  readonly random?: (() => number) | undefined
  /** Told of each try that failed. */
  readonly onTrouble?: ((what: string, error: Error) => void) | undefined
  /** Gives up so long after the first try; by default never. */
  readonly withinMs?: number | undefined
}

const isTransient = (error: unknown): error is DqError => error instanceof DqError && error.isTransient

/**
 * Repeats calls whose answer was lost until there is one. A call may have run before its answer got lost, so a script is
 * repeated as it was, number included: Redis then gives the answer it has kept, and no grant is left to nobody.
 */
export class Persistent implements ScriptHost {
  readonly #redis: ScriptHost
  readonly #random: () => number
  readonly #onTrouble: (what: string, error: Error) => void
  readonly #withinMs: number
  readonly #end = new AbortController()

  constructor(redis: ScriptHost, options: PersistentOptions = {}) {
    this.#redis = redis
    this.#random = options.random ?? Math.random
    this.#onTrouble = options.onTrouble ?? (() => {})
    this.#withinMs = options.withinMs ?? Infinity
  }

  /**
   * @throws DqError what is not mended by waiting, and anything once it is closed. When its time is over `unavailable` if
   * Redis could not be reached, else `timeout`: in both cases the last try may still come to be done.
   */
  runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.repeat(name, () => this.#redis.runScript(name, lua, keys, args))
  }

  /** The same for any call that may be made twice. */
  async repeat<T>(what: string, call: () => Promise<T>): Promise<T> {
    const endsAt = performance.now() + this.#withinMs
    let last: DqError | undefined
    for (let failures = 0; ; failures++) {
      try {
        return await within(endsAt, call())
      } catch (error) {
        if (!isTransient(error) || this.#end.signal.aborted) throw error
        // What Redis did not answer may have been done; later errors do not change that.
        if (last?.code !== 'timeout' && error !== TOO_LATE) last = error
        const pauseMs = troubleMs(failures, this.#random)
        if (performance.now() + pauseMs >= endsAt) throw unknownOutcome(this.#withinMs, last ?? error)
        this.#onTrouble(what, error)
        await this.#pause(pauseMs, error)
      }
    }
  }

  close(): void {
    this.#end.abort()
  }

  async #pause(ms: number, cause: DqError): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.#end.signal })
    } catch (ended) {
      void ended // closed while it waited: the answer will not be heard
      throw cause
    }
  }
}

const TOO_LATE = new DqError('timeout', 'Redis did not answer in time')

const unknownOutcome = (afterMs: number, { code, message, cause }: DqError): DqError =>
  new DqError(
    code,
    `${message}; given up after ${afterMs} ms, and whether it was done is not known: what has an id or an idempotency key can safely be sent again`,
    { cause },
  )

/** The answer, unless time is over first. */
async function within<T>(endsAt: number, answer: Promise<T>): Promise<T> {
  if (endsAt === Infinity) return answer
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    const late = (): void => reject(TOO_LATE)
    timer = setTimeout(() => setImmediate(late), Math.max(1, endsAt - performance.now()))
  })
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
