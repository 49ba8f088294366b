/** Choices that are the same for the same seed. */
export interface Choices {
  /** A whole number from 0, below this one. */
  readonly below: (n: number) => number
  /** A whole number between these two, both included, the second one rounded down. */
  readonly between: (least: number, most: number) => number
  readonly shuffled: <T>(list: readonly T[]) => T[]
}

/** @param name each use has a sequence of its own, so that one that takes more leaves the others as they were. */
export function choicesOf(seed: number, name: string): Choices {
  let state = seed >>> 0
  for (const letter of name) state = (Math.imul(state ^ letter.codePointAt(0)!, 0x01000193) + 1) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (n: number): number => Math.floor(next() * n)
  return {
    below,
    between: (least, most) => least + below(Math.max(1, Math.floor(most) - least + 1)),
    shuffled(list) {
      const result = [...list]
      for (let i = result.length - 1; i > 0; i--) {
        const at = below(i + 1)
        ;[result[i], result[at]] = [result[at]!, result[i]!]
      }
      return result
    },
  }
}
