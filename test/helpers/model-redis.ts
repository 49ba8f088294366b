import type { Redis } from 'ioredis'
import type { QueueKeys } from '../../src/core/keys.ts'
import type { RedisClient } from '../../src/core/redis.ts'

type Texts = Record<string, string>

const numbers = (texts: Texts): Record<string, number> =>
  Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, Number(value)]))

const scores = (flat: string[]): Record<string, number> =>
  Object.fromEntries(flat.flatMap((member, i) => (i % 2 === 0 ? [[member, Number(flat[i + 1])] as const] : [])))

const RELATIONS = ['edges', 'parents', 'dependants', 'outbox', 'kept'] as const
/** Ids only: all of them are of the queue `q`. */
const short = (text: string): string => text.replaceAll('q/', '')

/** What tasks depend on, and who waits for them, in the shape of `Model.summary`. */
async function storedRelations(raw: Redis, keys: QueueKeys, related: readonly Texts[]): Promise<object> {
  const [edges = {}, parents = {}, dependants = {}, outbox = {}, kept = {}] = related
  const mapped = (texts: Texts, value: (text: string) => unknown) =>
    Object.fromEntries(Object.entries(texts).map(([field, text]) => [short(field), value(text)]))
  const children = await Promise.all(
    Object.keys(dependants).map(async (id) => [id, (await raw.smembers(keys.children + id)).map(short).toSorted()]),
  )
  return {
    open: mapped(Object.fromEntries(Object.entries(edges).filter(([field]) => field.includes(' '))), String),
    children: Object.fromEntries(children) as object,
    parents: mapped(parents, (text) => text.split(' ').slice(2).map(short)),
    facts: mapped(outbox, (text) => text.split(' ').slice(0, 2).join(' ')),
    kept: Object.keys(kept).toSorted(),
  }
}

/** What Redis keeps of a queue, in the shape of `Model.summary`. */
export async function storedSummary(
  raw: Redis,
  keys: QueueKeys,
  shas: readonly string[],
  uniqueShas: readonly string[],
): Promise<object> {
  const hashes = ['ghosts', 'holders', 'attempts', 'cancels', 'reaped', ...RELATIONS] as const
  const sorted = ['scheduled', 'dead', 'trash', 'leases', 'tombs', 'completed', 'cursors', 'blocked'] as const
  const pipeline = raw.pipeline()
  for (const list of ['pending_high', 'pending_default', 'pending_low'] as const) pipeline.lrange(keys[list], 0, -1)
  for (const hash of hashes) pipeline.hgetall(keys[hash])
  for (const set of sorted) pipeline.zrange(keys[set], '0', '-1', 'WITHSCORES')
  for (const sha of shas) pipeline.get(keys.idem + sha)
  for (const sha of uniqueShas) pipeline.get(keys.uniq + sha)
  const replies = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error
    return reply
  })
  const lines = replies.slice(0, 3) as string[][]
  const [ghosts, holders, attempts, cancels, reaped, ...related] = replies.slice(3, 13) as Texts[]
  const sets = (replies.slice(13, 21) as string[][]).map(scores)
  const [scheduled, dead, trash, leases, tombs, completed, cursors, blocked] = sets
  const held = (names: readonly string[], owners: unknown[]): object =>
    Object.fromEntries(names.flatMap((sha, i) => (owners[i] === null ? [] : [[sha, owners[i]]])))
  const ghostsLeft = numbers(ghosts!)
  return {
    lines: lines.map((line) => line.toReversed().map((id) => ((ghostsLeft[id] ?? 0) > 0 ? `(${id})` : id))),
    scheduled: Object.fromEntries(
      Object.entries(scheduled!).map(([member, at]) => [member.slice(1), `${member[0]}${at}`]),
    ),
    active: holders,
    dead,
    blocked: Object.keys(blocked!).toSorted(),
    ...(await storedRelations(raw, keys, related)),
    trash: Object.keys(trash!).toSorted(),
    attempts,
    cancels: Object.keys(cancels!).toSorted(),
    reaped,
    leases,
    tombs,
    records: completed,
    cursors,
    keys: held(shas, replies.slice(21)),
    uniques: held(uniqueShas, replies.slice(21 + shas.length)),
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
