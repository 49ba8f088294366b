/** Priorities, most urgent first. Under strict order a lower one runs only when the higher ones are empty. */
export const PRIORITIES = ['high', 'default', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]

/** One letter per priority: the first byte of an envelope and of a member of `scheduled`. */
export const PRIORITY_LETTER: Readonly<Record<Priority, string>> = { high: 'h', default: 'd', low: 'l' }

const BY_LETTER: Readonly<Record<string, Priority>> = { h: 'high', d: 'default', l: 'low' }

export const isPriority = (value: unknown): value is Priority =>
  typeof value === 'string' && (PRIORITIES as readonly string[]).includes(value)

/** @param letter `h`, `d` or `l`; anything else is foreign data and reads as `default`. */
export const priorityOfLetter = (letter: string | undefined): Priority => BY_LETTER[letter ?? ''] ?? 'default'

/** How a claim of many tasks is split over the priorities. */
export type PriorityOrder = 'strict' | 'weighted'

/** Shares of a claim under `weighted`: of ten tasks six high, three default, one low, while each has work. */
export const PRIORITY_WEIGHTS: Readonly<Record<Priority, number>> = { high: 6, default: 3, low: 1 }

/**
 * The most tasks one claim may take from each priority in its first pass; what is left over is filled in strict order.
 * Under `weighted` fractions are rounded at random, so that small claims keep the shares on average.
 */
export function claimQuotas(want: number, order: PriorityOrder, random: () => number): Record<Priority, number> {
  if (order === 'strict') return { high: want, default: want, low: want }
  const total = PRIORITY_WEIGHTS.high + PRIORITY_WEIGHTS.default + PRIORITY_WEIGHTS.low
  const share = (priority: Priority): number => {
    const exact = (want * PRIORITY_WEIGHTS[priority]) / total
    return Math.floor(exact) + (random() < exact - Math.floor(exact) ? 1 : 0)
  }
  return { high: share('high'), default: share('default'), low: share('low') }
}
