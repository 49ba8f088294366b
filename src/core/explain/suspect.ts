import { type Cause, isWaiting } from './facts.ts'

/** See `lua/lib/attempts.lua`: from the second death on apart, then only alone. */
const SUSPECTED = 2
const CONTAINED_LAST = 3

/** Workers died while it was there. */
export const suspect: Cause = (facts) => {
  const { suspect: deaths, crashes } = facts.counts
  if (!isWaiting(facts) || deaths < SUSPECTED) return []
  const isContained = deaths <= CONTAINED_LAST
  return [
    {
      code: 'suspect',
      text:
        `workers died while it ran, ${deaths} times in a row: it waits ` +
        (isContained
          ? 'for a worker that has a process of its own for it, or runs nothing else'
          : 'for a worker that runs nothing else'),
      details: { deaths, crashes, needs: isContained ? 'process' : 'alone' },
    },
  ]
}
