import type { Relation } from './flow-calls.ts'

/** Notes that are kept at most. */
const NOTES_MOST = 100_000

/** Children that a parent is kept for and nobody knows, and since when: they may be on their way. */
export class Strangers {
  readonly #afterMs: number
  readonly #sinceMs = new Map<string, number>()

  /** @param afterMs who is a stranger for so long is not coming any more. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs
  }

  /** @returns those that were strangers long ago, too. */
  look(queue: string, nowMs: number, strange: readonly Relation[], known: readonly Relation[]): Relation[] {
    for (const relation of known) this.#sinceMs.delete(nameOf(queue, relation))
    if (this.#sinceMs.size + strange.length > NOTES_MOST) this.#clearOut(nowMs)
    return strange.filter((relation) => {
      const name = nameOf(queue, relation)
      const sinceMs = this.#sinceMs.get(name)
      if (sinceMs === undefined) {
        if (this.#sinceMs.size < NOTES_MOST) this.#sinceMs.set(name, nowMs)
        return false
      }
      // A clock that stepped back begins anew.
      if (sinceMs > nowMs) this.#sinceMs.set(name, nowMs)
      return sinceMs + this.#afterMs <= nowMs && this.#sinceMs.delete(name)
    })
  }

  /** Of parents that are gone nobody asks again. */
  #clearOut(nowMs: number): void {
    for (const [name, sinceMs] of this.#sinceMs) if (sinceMs + 2 * this.#afterMs <= nowMs) this.#sinceMs.delete(name)
  }
}

const nameOf = (queue: string, { parent, child }: Relation): string => `${queue}/${parent} ${child}`
