import { choicesOf } from '../chaos/lib/choices.ts'

/** Choices of one request: the same for the same seed and number. */
export interface Dice {
  readonly below: (n: number) => number
  readonly between: (least: number, most: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  /** True once in so many times. */
  readonly oneIn: (n: number) => boolean
}

export function diceOf(seed: number, name: string): Dice {
  const { below, between } = choicesOf(seed, name)
  return { below, between, pick: (list) => list[below(list.length)]!, oneIn: (n) => below(n) === 0 }
}
