import { flowProblems } from './verify-flow.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import { checkLimits } from './verify-limits.ts'
import { type Findings, Look, PAGE, scan } from './verify-look.ts'

export interface DeepReport {
  readonly ok: boolean
  /** In words, at most a hundred; ids of what is in no place, in two, or not ours. */
  readonly problems: readonly string[]
  /** Tasks that were looked at. */
  readonly counted: number
}

async function* listed(redis: RedisClient, key: string): AsyncGenerator<string> {
  for (let from = 0; ; from += PAGE) {
    const ids = (await redis.call('LRANGE', key, from, from + PAGE - 1)) as string[]
    yield* ids
    if (ids.length < PAGE) return
  }
}

/**
 * Every id in line, from the end that was entered last to the one that is next: an id that stays in line meanwhile is
 * never missed, since lines grow on the left and shrink on the right.
 */
export async function* inLine(redis: RedisClient, keys: QueueKeys): AsyncGenerator<string> {
  for (const priority of ['high', 'default', 'low'] as const) yield* listed(redis, keys[`pending_${priority}`])
}

/** Where each id is: its places, by name. Ids in one place share the list of its name: there may be a million. */
async function readPlaces({ redis, keys }: Look): Promise<Map<string, readonly string[]>> {
  const alone = Object.fromEntries(
    ['pending', 'limited', 'scheduled', 'blocked', 'active', 'dead', 'trash'].map((place) => [place, [place]]),
  )
  const places = new Map<string, readonly string[]>()
  const put = (id: string, place: string): void => {
    const known = places.get(id)
    places.set(id, known ? [...known, place] : (alone[place] ?? [place]))
  }
  for await (const id of inLine(redis, keys)) put(id, 'pending')
  for await (const [id] of scan(redis, 'HSCAN', keys.ghosts)) {
    const known = places.get(id) ?? []
    const at = known.indexOf('pending')
    if (at < 0) put(id, 'ghost without an entry')
    else places.set(id, known.toSpliced(at, 1))
  }
  for await (const [member] of scan(redis, 'ZSCAN', keys.scheduled)) put(member.slice(1), 'scheduled')
  for (const place of ['blocked', 'dead', 'trash'] as const)
    for await (const [id] of scan(redis, 'ZSCAN', keys[place])) put(id, place)
  for await (const [id] of scan(redis, 'HSCAN', keys.holders)) put(id, 'active')
  for await (const [id] of scan(redis, 'HSCAN', keys.limited)) put(id, 'limited')
  return places
}

const HOLD = /^[^|]+\|\d+\|[hdl]\|\d+/

/** Held tasks against their grants and leases. */
async function checkGrants(look: Look): Promise<void> {
  const { redis, keys, findings } = look
  const held = new Map<string, string[]>()
  for await (const [id, hold] of scan(redis, 'HSCAN', keys.holders)) {
    const nonce = hold.split('|', 1)[0]!
    if (!HOLD.test(hold)) look.note('places', id, `the hold of ${id} is none`)
    const ids = held.get(nonce)
    if (ids) ids.push(id)
    else held.set(nonce, [id])
  }
  const left = new Map<string, number>()
  const records = new Set<string>()
  for await (const [field, value] of scan(redis, 'HSCAN', keys.grants))
    if (field.endsWith(':left')) left.set(field.slice(0, -5), Number(value))
    else records.add(field)
  const leases = new Set<string>()
  for await (const [nonce] of scan(redis, 'ZSCAN', keys.leases)) leases.add(nonce)
  const found = (nonce: string, problem: string): void => {
    look.report(problem)
    findings.grants.set(nonce, held.get(nonce) ?? [])
  }
  for (const [nonce, { length }] of held) {
    if (left.get(nonce) !== length)
      found(nonce, `grant ${nonce} holds ${length} tasks, its count is ${left.get(nonce) ?? 'missing'}`)
    else if (!records.has(nonce)) found(nonce, `grant ${nonce} has no record`)
  }
  for (const nonce of left.keys()) {
    if (!held.has(nonce)) found(nonce, `grant ${nonce} holds nothing`)
    if (!leases.has(nonce)) found(nonce, `grant ${nonce} has no lease`)
  }
  for (const nonce of records) if (!left.has(nonce) && !held.has(nonce)) found(nonce, `grant ${nonce} holds nothing`)
  for (const nonce of leases) if (!left.has(nonce)) found(nonce, `lease ${nonce} has no grant`)
}

/** Each task against its places, and each place against the tasks. */
async function checkTasks(look: Look, places: Map<string, readonly string[]>): Promise<Set<string>> {
  const seen = new Set<string>()
  for await (const [id] of scan(look.redis, 'HSCAN', look.keys.tasks)) {
    // A hash that grows while it is scanned may show a field twice.
    if (seen.has(id)) continue
    seen.add(id)
    const where = places.get(id) ?? []
    if (where.length === 0) look.note('places', id, `task ${id} is nowhere`)
    if (where.length > 1) look.note('places', id, `task ${id} is in ${where.join(' and ')}`)
  }
  for (const [id, where] of places)
    if (where.length > 0 && !seen.has(id))
      look.note('places', id, `${id} is in ${where.join(' and ')}, but there is no such task`)
  return seen
}

async function checkNotes(look: Look, places: Map<string, readonly string[]>, tasks: Set<string>): Promise<void> {
  const { redis, keys } = look
  for (const key of ['attempts', 'failures', 'limit_turns'] as const)
    for await (const [id] of scan(redis, 'HSCAN', keys[key]))
      if (!tasks.has(id)) look.note('notes', id, `${key} keeps ${id}, but there is no such task`)
  for (const [key, ...wanted] of [
    ['cancels', 'active'],
    ['reaped', 'pending', 'limited'],
  ] as const)
    for await (const [id] of scan(redis, 'HSCAN', keys[key]))
      if (!wanted.some((place) => places.get(id)?.[0] === place))
        look.note('notes', id, `${key} keeps ${id}, which is not ${wanted.join(' or ')}`)
}

/** Pages every place, outside Lua. Exact while nothing moves; on a live queue what moved meanwhile looks misplaced. */
export async function lookDeep(
  redis: RedisClient,
  keys: QueueKeys,
): Promise<{ problems: readonly string[]; findings: Findings; counted: number }> {
  const look = new Look(redis, keys)
  const places = await readPlaces(look)
  const tasks = await checkTasks(look, places)
  await checkNotes(look, places, tasks)
  await checkGrants(look)
  for (const problem of await flowProblems(redis, keys, places, tasks)) look.report(problem)
  await checkLimits(look, places)
  await checkHistory(look)
  return { problems: look.problems, findings: look.findings, counted: tasks.size }
}

/** Pages every place, outside Lua, and proves that each id is in exactly one. Exact while nothing moves. */
export async function verifyDeep(redis: RedisClient, keys: QueueKeys): Promise<DeepReport> {
  const { problems, counted } = await lookDeep(redis, keys)
  return { ok: problems.length === 0, problems, counted }
}

async function checkHistory(look: Look): Promise<void> {
  const { redis, keys } = look
  const [completed, results] = (await redis.batch([
    ['ZCARD', keys.completed],
    ['HLEN', keys.results],
  ])) as number[]
  if (completed !== results) look.report(`${completed} finished tasks, but ${results} records`)
  const [trash, trashed] = (await redis.batch([
    ['ZCARD', keys.trash],
    ['HLEN', keys.trashed],
  ])) as number[]
  if (trash !== trashed) look.report(`${trash} tasks in the trash, but ${trashed} notes of them`)
}
