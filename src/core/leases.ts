import { decodeGrant, decodeHeld, type Grant } from './detail.ts'
import { decodeEnvelope } from './envelope.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { LeaseInfo } from './task.ts'

type Texts = readonly (string | null)[]

interface Row {
  readonly id: string
  readonly nonce: string
  readonly grant: Grant
  readonly expiresAtMs: number
}

async function readRows(redis: RedisClient, keys: QueueKeys, limit: number): Promise<Row[]> {
  const flat = (await redis.call('ZRANGE', keys.leases, 0, limit - 1, 'WITHSCORES')) as string[]
  const nonces = flat.filter((_, i) => i % 2 === 0)
  if (nonces.length === 0) return []
  const grants = ((await redis.call('HMGET', keys.grants, ...nonces)) as Texts).map(decodeGrant)
  return nonces.flatMap((nonce, i) => {
    const grant = grants[i]
    const expiresAtMs = Number(flat[i * 2 + 1])
    return grant === undefined ? [] : grant.ids.map((id) => ({ id, nonce, grant, expiresAtMs }))
  })
}

/** Held tasks of one queue, soonest end of lease first. */
export async function readLeases(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  limit: number,
): Promise<LeaseInfo[]> {
  // Settled tasks of a grant are still named by it, so some more rows than wanted are read.
  const rows = (await readRows(redis, keys, limit)).slice(0, limit * 4)
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const [held, envelopes, cancels] = (await redis.batch([
    ['HMGET', keys.holders, ...ids],
    ['HMGET', keys.tasks, ...ids],
    ['HMGET', keys.cancels, ...ids],
  ])) as [Texts, Texts, Texts]
  const leases = rows.flatMap(({ id, nonce, grant, expiresAtMs }, i): LeaseInfo[] => {
    const hold = decodeHeld(held[i] ?? null)
    if (hold?.nonce !== nonce) return []
    const { type, priority } = decodeEnvelope(envelopes[i] ?? '')
    const { worker, claimedAtMs, leaseMs, alone } = grant
    const cancelRequested = cancels[i] !== null
    const { attempt, deadlineAtMs } = hold
    return [
      {
        id,
        type,
        queue,
        priority,
        worker,
        attempt,
        claimedAtMs,
        leaseExpiresAtMs: expiresAtMs,
        leaseMs,
        deadlineAtMs,
        alone,
        cancelRequested,
      },
    ]
  })
  return leases.slice(0, limit)
}
