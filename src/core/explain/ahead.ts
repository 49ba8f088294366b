import { etaMs } from '../scale.ts'
import { span } from '../span.ts'
import type { Cause } from './facts.ts'

/** It is in line, and others are before it. */
export const ahead: Cause = ({ line, scale, queue }) => {
  if (line === undefined) return []
  const { ahead: n, exact, priority } = line
  const still = { oneMinute: 0, fiveMinutes: 0 }
  const waitMs = queue.paused === undefined && exact ? etaMs(n, still, scale.drain) : undefined
  const many = `${exact ? '' : 'more than '}${n}`
  const eta = n === 0 ? '' : waitMs === undefined ? '' : `; about ${span(waitMs)} at the rate of now`
  return [
    {
      code: n === 0 && exact ? 'next' : 'ahead',
      text:
        n === 0 && exact
          ? `it is next in line, priority ${priority}`
          : `${many} ${n === 1 && exact ? 'task is' : 'tasks are'} ahead of it, its priority is ${priority}${eta}`,
      details: { ahead: n, exact, priority, etaMs: n === 0 ? undefined : waitMs },
    },
  ]
}
