import { refsOf } from '../forward.ts'
import type { QueueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import type { Cause } from './facts.ts'

/** Parents that a text names. */
const TOLD = 5

/** The parents of a blocked task that have not completed, as `queue/id`. */
export async function openParents(redis: RedisClient, keys: QueueKeys, id: string): Promise<string[]> {
  const refs = refsOf((await redis.call('HGET', keys.parents, id)) as string | null)
  if (refs.length === 0) return []
  const open = (await redis.call('HMGET', keys.edges, ...refs.map((ref) => `${id} ${ref}`))) as (string | null)[]
  return refs.filter((_, i) => open[i] !== null)
}

/** It waits for other tasks: for which. */
export const blocked: Cause = ({ task, waitsFor }) => {
  if (task.state !== 'blocked') return []
  const named = waitsFor.slice(0, TOLD).join(', ')
  const more = waitsFor.length > TOLD ? ' and others' : ''
  const text =
    waitsFor.length === 0
      ? 'what it waited for is over; it is told within half a minute'
      : `it waits for ${waitsFor.length === 1 ? 'a task' : `${waitsFor.length} tasks`} to complete: ${named}${more}`
  return [{ code: 'blocked', text, details: { parents: waitsFor.slice(0, TOLD), open: waitsFor.length } }]
}
