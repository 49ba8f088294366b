import { setTimeout as pause } from 'node:timers/promises'
import { DqError } from '../errors.ts'
import type { Argument, ScriptHost } from '../redis.ts'
import { troubleMs } from './lane.ts'

const isTransient = (error: unknown): error is DqError =>
  error instanceof DqError && (error.code === 'timeout' || error.code === 'unavailable')

/**
 * Repeats scripts whose answer was lost until there is one. A call may have run before its answer got lost, so it is
 * repeated as it was, number included: Redis then gives the answer it has kept, and no grant is left to nobody.
 */
export class Persistent implements ScriptHost {
  readonly #redis: ScriptHost
  readonly #random: () => number
  readonly #onTrouble: (script: string, error: Error) => void
  readonly #end = new AbortController()

  constructor(redis: ScriptHost, random: () => number, onTrouble: (script: string, error: Error) => void) {
    this.#redis = redis
    this.#random = random
    this.#onTrouble = onTrouble
  }

  /** @throws DqError what is not mended by waiting, and anything once it is closed. */
  async runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#redis.runScript(name, lua, keys, args)
      } catch (error) {
        if (!isTransient(error) || this.#end.signal.aborted) throw error
        this.#onTrouble(name, error)
        await this.#pause(troubleMs(failures, this.#random), error)
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
