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
  return tasks.flatMap(({ id, hold, grant, expiresAtMs }, i): LeaseInfo[] => {
    // The looks follow each other: a task may have ended between them.
    if (envelopes[i] === null) return []
    const { type, priority } = decodeEnvelope(envelopes[i] ?? '')
    const { worker, claimedAtMs, leaseMs, alone } = grant
    const lease = {
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
    return [lease]
  })
}
