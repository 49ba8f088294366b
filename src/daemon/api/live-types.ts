import type { Inspector } from '../../core/inspector.ts'

const FRESH_MS = 5_000
/** An unknown type may have come just now: it is worth another look, though not for every request. */
const UNKNOWN_FRESH_MS = 500

/** The types that live workers have handlers for. */
export class LiveTypes {
  readonly #inspector: Inspector
  #types = new Set<string>()
  #readAtMs = -Infinity
  #reading: Promise<void> | undefined

  constructor(inspector: Inspector) {
    this.#inspector = inspector
  }

  /** A sentence for the reply when nobody can run this type now; undefined when somebody can. */
  async warning(type: string): Promise<string | undefined> {
    const ageMs = performance.now() - this.#readAtMs
    if (ageMs > FRESH_MS || (ageMs > UNKNOWN_FRESH_MS && !this.#types.has(type)))
      await (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)))
    return this.#types.has(type) ? undefined : `no live worker has a handler for type ${type}; the task waits for one`
  }

  async #read(): Promise<void> {
    const workers = await this.#inspector.workers()
    this.#types = new Set(workers.filter((worker) => !worker.silent).flatMap((worker) => worker.types))
    this.#readAtMs = performance.now()
  }
}
