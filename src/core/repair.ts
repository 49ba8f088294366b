import type { Broker } from './broker.ts'
import type { Inspector } from './inspector.ts'
import { queueKeys, type QueueKeys } from './keys.ts'
import { LIMITS } from './limits.ts'
import type { RedisClient } from './redis.ts'
import type { Repaired } from './verbs.ts'
import { inLine, lookDeep } from './verify.ts'
import type { Findings } from './verify-look.ts'

export interface RepairContext {
  readonly redis: RedisClient
  readonly broker: Broker
  readonly namespace: string
  /** Who does it, for the audit. */
  readonly by: string
  /** Of a lease that has to be made anew. */
  readonly leaseMs: number
}

const keysOf = (namespace: string, queue: string): QueueKeys => queueKeys(namespace, queue, 'repair')

/** Whether the sums of a queue call for a look at each task. Cheap, at any time. */
export async function isSuspect(
  { redis, namespace }: Pick<RepairContext, 'redis' | 'namespace'>,
  inspector: Inspector,
  queue: string,
): Promise<boolean> {
  if (!(await inspector.verify(queue)).ok) return true
  // Grants and leases that hold nothing are in no sum. The two counts are not of one instant: twice is no chance.
  const keys = keysOf(namespace, queue)
  for (let look = 0; look < 2; look++) {
    const [fields, leases] = (await redis.batch([
      ['HLEN', keys.grants],
      ['ZCARD', keys.leases],
    ])) as [number, number]
    if (fields === 2 * leases) return false
  }
  return true
}

/** One finding, as `repair.lua` takes it, and how many ids it touches. */
interface Item {
  readonly fields: readonly (string | number)[]
  readonly ids: number
}

/**
 * What a script cannot see of long lines: how many entries each id has in them. Its record of attempts is read before, so
 * that one that came back into line behind the look is known by it.
 */
async function placeItems(redis: RedisClient, keys: QueueKeys, places: ReadonlySet<string>): Promise<Item[]> {
  // Ids of tasks begin with their time: those that were first are first again.
  const ids = [...places].toSorted()
  const records: (string | null)[] = []
  for (let from = 0; from < ids.length; from += LIMITS.idsPerCall) {
    const part = ids.slice(from, from + LIMITS.idsPerCall)
    records.push(...((await redis.call('HMGET', keys.attempts, ...part)) as (string | null)[]))
  }
  const entries = new Map(ids.map((id) => [id, 0]))
  if (ids.length > 0)
    for await (const id of inLine(redis, keys)) {
      const known = entries.get(id)
      if (known !== undefined) entries.set(id, known + 1)
    }
  return ids.map((id, i) => ({ fields: ['place', id, records[i] ?? '', entries.get(id) ?? 0], ids: 1 }))
}

async function itemsOf(redis: RedisClient, keys: QueueKeys, findings: Findings): Promise<Item[]> {
  const items = await placeItems(redis, keys, findings.places)
  for (const [nonce, ids] of findings.grants)
    // No claim grants more: what is larger is foreign, and no one call could prove it.
    if (ids.length <= LIMITS.idsPerCall)
      items.push({ fields: ['grant', nonce, ids.length, ...ids], ids: Math.max(1, ids.length) })
  for (const id of findings.notes) items.push({ fields: ['note', id], ids: 1 })
  return items
}

/** Of one call, unless a grant has more: the script reads the ends of all lines besides, and is to take 20 ms at most. */
const IDS_PER_CALL = 100

function* parts(items: readonly Item[]): Generator<(string | number)[]> {
  let part: (string | number)[] = []
  let count = 0
  for (const { fields, ids } of items) {
    if (count > 0 && count + ids > IDS_PER_CALL) {
      yield part
      part = []
      count = 0
    }
    part.push(...fields)
    count += ids
  }
  if (count > 0) yield part
}

/**
 * Looks at each task of a queue, and mends what is in no place or in several, grants and leases that do not fit, and notes
 * that are left over. Safe on a live queue and by several at once: each finding is proven in the script that mends it.
 * @returns what was mended. A pass ends with `FINDINGS_MAX` findings; another one finds the rest.
 */
export async function repairQueue(context: RepairContext, queue: string): Promise<Repaired[]> {
  const { redis, broker, namespace, by, leaseMs } = context
  const keys = keysOf(namespace, queue)
  const { findings } = await lookDeep(redis, keys)
  const repaired: Repaired[] = []
  for (const items of parts(await itemsOf(redis, keys, findings)))
    repaired.push(...(await broker.repair(queue, items, leaseMs, by)))
  return repaired
}
