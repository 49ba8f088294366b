import { atTime, type Cause, isWaiting } from './facts.ts'

/** Nothing of its queue is claimed. */
export const paused: Cause = (facts) => {
  const { paused: stop, name } = facts.queue
  if (stop === undefined || !isWaiting(facts)) return []
  const { by, atMs } = stop
  return [
    {
      code: 'paused',
      text: `queue ${name} is paused by ${by} since ${atTime(atMs)}; dq resume ${name}`,
      details: { queue: name, by, sinceAtMs: atMs },
    },
  ]
}
