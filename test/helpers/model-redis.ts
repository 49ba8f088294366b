import type { Redis } from 'ioredis'
import type { QueueKeys } from '../../src/core/keys.ts'
import type { RedisClient } from '../../src/core/redis.ts'

type Texts = Record<string, string>

const numbers = (texts: Texts): Record<string, number> =>
  Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, Number(value)]))

const scores = (flat: string[]): Record<string, number> =>
  Object.fromEntries(flat.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(flat[i + 1])] as const] : [])))

/** What Redis keeps of a queue, in the shape of `Model.summary`. */
export async function storedSummary(raw: Redis, keys: QueueKeys, shas: readonly string[]): Promise<object> {
  const hashes = ['ghosts', 'holders', 'attempts', 'cancels', 'reaped'] as const
  const sorted = ['scheduled', 'dead', 'trash', 'leases', 'tombs', 'completed', 'cursors'] as const
  const pipeline = raw.pipeline()
  for (const list of ['pending_high', 'pending_default', 'pending_low'] as const) pipeline.lrange(keys[list], 0, -1)
  for (const hash of hashes) pipeline.hgetall(keys[hash])
  for (const set of sorted) pipeline.zrange(keys[set], '0', '-1', 'WITHSCORES')
  for (const sha of shas) pipeline.get(keys.idem + sha)
  const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error
    return reply
  })
  const lines = replies.slice(0, 3) as string[][]
  const [ghosts, holders, attempts, cancels, reaped] = replies.slice(3, 8) as [Texts, Texts, Texts, Texts, Texts]
  const [scheduled, dead, trash, leases, tombs, completed, cursors] = (replies.slice(8, 15) as string[][]).map(scores)
  const owners = replies.slice(15) as (string | null)[]
  const ghostsLeft = numbers(ghosts)
  return {
    lines: lines.map((line) => line.toReversed().map((id) => ((ghostsLeft[id] ?? 0) > 0 ? `(${id})` : id))),
    scheduled: Object.fromEntries(
      Object.entries(scheduled!).map(([member, at]) => [member.slice(1), `${member[0]}${at}`]),
    ),
    active: holders,
    dead,
    trash: Object.keys(trash!).toSorted(),
    attempts,
    cancels: Object.keys(cancels).toSorted(),
    reaped,
    leases,
    tombs,
    records: completed,
    cursors,
    keys: Object.fromEntries(shas.flatMap((sha, i) => (owners[i] === null ? [] : [[sha, owners[i]]]))),
  }
}

/** A connection that can lose a reply: the script has run, its answer never came, and the client sends it again. */
export class LossyRedis {
  /** Whether the next script loses its first reply. */
  loses = false
  readonly client: RedisClient

  constructor(redis: RedisClient) {
    const runScript: RedisClient['runScript'] = async (...call) => {
      if (this.loses) {
        this.loses = false
        await redis.runScript(...call)
      }
      return redis.runScript(...call)
    }
    this.client = new Proxy(redis, {
      get: (target, name) => {
        if (name === 'runScript') return runScript
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}
