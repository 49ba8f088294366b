import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

export interface DeepReport {
  readonly ok: boolean
  /** In words, at most a hundred; ids of what is in no place, in two, or not ours. */
  readonly problems: readonly string[]
  /** Tasks that were looked at. */
  readonly counted: number
}

const PAGE = 1_000
const PROBLEMS_MAX = 100

async function* scan(redis: RedisClient, command: 'HSCAN' | 'ZSCAN', key: string): AsyncGenerator<[string, string]> {
  let cursor = '0'
  do {
    const [next, flat] = (await redis.call(command, key, cursor, 'COUNT', PAGE)) as [string, string[]]
    cursor = next
    for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!]
  } while (cursor !== '0')
}

async function* listed(redis: RedisClient, key: string): AsyncGenerator<string> {
  for (let from = 0; ; from += PAGE) {
    const ids = (await redis.call('LRANGE', key, from, from + PAGE - 1)) as string[]
    yield* ids
    if (ids.length < PAGE) return
  }
}

/** Where each id is: its places, by name. */
async function readPlaces(redis: RedisClient, keys: QueueKeys): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>()
  const put = (id: string, place: string): void => {
    const known = places.get(id)
    if (known) known.push(place)
    else places.set(id, [place])
  }
  for (const priority of ['high', 'default', 'low'] as const)
    for await (const id of listed(redis, keys[`pending_${priority}`])) put(id, 'pending')
  for await (const [id] of scan(redis, 'HSCAN', keys.ghosts)) {
    const known = places.get(id)
    const at = known?.indexOf('pending') ?? -1
    if (at < 0) put(id, 'ghost without an entry')
    else known!.splice(at, 1)
  }
  for await (const [member] of scan(redis, 'ZSCAN', keys.scheduled)) put(member.slice(1), 'scheduled')
  for (const place of ['dead', 'trash'] as const)
    for await (const [id] of scan(redis, 'ZSCAN', keys[place])) put(id, place)
  for await (const [id] of scan(redis, 'HSCAN', keys.holders)) put(id, 'active')
  return places
}

/** Held tasks against their grants and leases. */
async function checkGrants(redis: RedisClient, keys: QueueKeys, report: (problem: string) => void): Promise<void> {
  const held = new Map<string, number>()
  for await (const [, hold] of scan(redis, 'HSCAN', keys.holders)) {
    const nonce = hold.split('|', 1)[0]!
    held.set(nonce, (held.get(nonce) ?? 0) + 1)
  }
  const left = new Map<string, number>()
  for await (const [field, value] of scan(redis, 'HSCAN', keys.grants))
    if (field.endsWith(':left')) left.set(field.slice(0, -5), Number(value))
  const leases = new Set<string>()
  for await (const [nonce] of scan(redis, 'ZSCAN', keys.leases)) leases.add(nonce)
  for (const [nonce, count] of held)
    if (left.get(nonce) !== count)
      report(`grant ${nonce} holds ${count} tasks, its count is ${left.get(nonce) ?? 'missing'}`)
  for (const nonce of left.keys()) {
    if (!held.has(nonce)) report(`grant ${nonce} holds nothing`)
    if (!leases.has(nonce)) report(`grant ${nonce} has no lease`)
  }
  for (const nonce of leases) if (!left.has(nonce)) report(`lease ${nonce} has no grant`)
}

/** Pages every place, outside Lua, and proves that each id is in exactly one. Exact while nothing moves. */
export async function verifyDeep(redis: RedisClient, keys: QueueKeys): Promise<DeepReport> {
  const problems: string[] = []
  const report = (problem: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(problem)
  }
  const places = await readPlaces(redis, keys)
  let counted = 0
  const seen = new Set<string>()
  for await (const [id] of scan(redis, 'HSCAN', keys.tasks)) {
    // A hash that grows while it is scanned may show a field twice.
    if (seen.has(id)) continue
    seen.add(id)
    counted += 1
    const where = places.get(id) ?? []
    if (where.length === 0) report(`task ${id} is nowhere`)
    if (where.length > 1) report(`task ${id} is in ${where.join(' and ')}`)
  }
  for (const [id, where] of places)
    if (where.length > 0 && !seen.has(id)) report(`${id} is in ${where.join(' and ')}, but there is no such task`)
  for (const key of ['attempts', 'failures'] as const)
    for await (const [id] of scan(redis, 'HSCAN', keys[key]))
      if (!seen.has(id)) report(`${key} keeps ${id}, but there is no such task`)
  for (const [key, place] of [
    ['cancels', 'active'],
    ['reaped', 'pending'],
  ] as const)
    for await (const [id] of scan(redis, 'HSCAN', keys[key]))
      if (places.get(id)?.[0] !== place) report(`${key} keeps ${id}, which is not ${place}`)
  await checkGrants(redis, keys, report)
  await checkHistory(redis, keys, report)
  return { ok: problems.length === 0, problems, counted }
}

async function checkHistory(redis: RedisClient, keys: QueueKeys, report: (problem: string) => void): Promise<void> {
  const [completed, results] = (await redis.batch([
    ['ZCARD', keys.completed],
    ['HLEN', keys.results],
  ])) as number[]
  if (completed !== results) report(`${completed} finished tasks, but ${results} records`)
  const [trash, trashed] = (await redis.batch([
    ['ZCARD', keys.trash],
    ['HLEN', keys.trashed],
  ])) as number[]
  if (trash !== trashed) report(`${trash} tasks in the trash, but ${trashed} notes of them`)
}
