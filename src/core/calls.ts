import { LIMITS } from './limits.ts'

/**
 * Numbers the calls of one client on one queue, and keeps the numbers in flight closer together than Redis remembers
 * answers, so that a repeated call always meets its own answer (see `lua/lib/op.lua`): however long one call is repeated,
 * and however quick the others are meanwhile.
 */
export class CallRing {
  #last = 0
  /** The oldest first. */
  readonly #inFlight = new Set<number>()
  readonly #waiting: (() => void)[] = []

  async run<T>(call: (number: number) => Promise<T>): Promise<T> {
    while (this.#room <= 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const number = ++this.#last
    this.#inFlight.add(number)
    try {
      return await call(number)
    } finally {
      this.#inFlight.delete(number)
      for (const next of this.#waiting.splice(0, Math.max(0, this.#room))) next()
    }
  }

  /** How many further numbers may be given out now. */
  get #room(): number {
    const [oldest = this.#last + 1] = this.#inFlight
    return LIMITS.callsInFlight - (this.#last + 1 - oldest)
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

/**
 * Sends all parts at once, and gives what came back for each item, in order. Items of a part that failed while another one
 * did not are answered by `otherwise`: what was done for some must not look undone.
 * @throws what the first part failed of, when all of them did.
 */
export async function partwise<T, R>(
  parts: readonly T[][],
  send: (part: T[]) => Promise<readonly R[]>,
  otherwise: (item: T, error: Error) => R,
): Promise<R[]> {
  const settled = await Promise.allSettled(parts.map(send))
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
  if (failures.length > 0 && failures.length === parts.length) throw failures[0]!
  return settled.flatMap((one, i) =>
    one.status === 'fulfilled' ? one.value : parts[i]!.map((item) => otherwise(item, one.reason as Error)),
  )
}
