import { decodeEnvelope } from './envelope.ts'
import { readHeld } from './held.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { LeaseInfo } from './task.ts'

type Texts = readonly (string | null)[]

/** Held tasks of one queue, soonest end of lease first. */
export async function readLeases(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  limit: number,
): Promise<LeaseInfo[]> {
  const { tasks } = await readHeld(redis, keys, undefined, limit)
  if (tasks.length === 0) return []
  const ids = tasks.map(({ id }) => id)
  const [envelopes, cancels] = (await redis.batch([
    ['HMGET', keys.tasks, ...ids],
    ['HMGET', keys.cancels, ...ids],
  ])) as [Texts, Texts]
  return tasks.map(({ id, hold, grant, expiresAtMs }, i): LeaseInfo => {
    const { type, priority } = decodeEnvelope(envelopes[i] ?? '')
    const { worker, claimedAtMs, leaseMs, alone } = grant
    return {
      id,
      type,
      queue,
      priority,
      worker,
      attempt: hold.attempt,
      claimedAtMs,
      leaseExpiresAtMs: expiresAtMs,
      leaseMs,
      deadlineAtMs: hold.deadlineAtMs,
      alone,
      cancelRequested: cancels[i] !== null,
    }
  })
}
