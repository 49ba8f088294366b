import { LIMITS } from './limits.ts'

/**
 * Numbers the calls of one client on one queue, and keeps fewer of them in flight than Redis remembers answers for,
 * so that a repeated call always meets its own answer (see `lua/lib/op.lua`).
 */
export class CallRing {
  #last = 0
  #inFlight = 0
  readonly #waiting: (() => void)[] = []

  async run<T>(call: (number: number) => Promise<T>): Promise<T> {
    if (this.#inFlight >= LIMITS.callsInFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#inFlight++
    try {
      return await call(++this.#last)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#inFlight--
    }
  }
}

/** Cuts `items` so that no part has more than 500 or, by `bytesOf`, more than 1 MiB; an item of its own size always fits. */
export function chunks<T>(
  items: readonly T[],
  bytesOf: (item: T) => number = () => 0,
  idsMax: number = LIMITS.idsPerCall,
): T[][] {
  const parts: T[][] = []
  let part: T[] = []
  let bytes = 0
  for (const item of items) {
    const size = bytesOf(item)
    if (part.length >= idsMax || (part.length > 0 && bytes + size > LIMITS.bytesPerCall)) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(item)
    bytes += size
  }
  if (part.length > 0) parts.push(part)
  return parts
}
