import { refsOf } from './forward.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import { scan } from './verify-look.ts'

/** Blocked tasks against their edges. */
async function blockedProblems(
  redis: RedisClient,
  keys: QueueKeys,
  places: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  const problems: string[] = []
  const counts = new Map<string, number>()
  const open = new Map<string, number>()
  for await (const [field, value] of scan(redis, 'HSCAN', keys.edges)) {
    const [id = '', ref] = field.split(' ')
    if (ref === undefined) counts.set(id, Number(value))
    else open.set(id, (open.get(id) ?? 0) + 1)
  }
  for (const [id, n] of counts)
    if (n !== open.get(id)) problems.push(`task ${id} counts ${n} open parents, and has ${open.get(id) ?? 0}`)
  for (const [id, n] of open)
    if (!counts.has(id)) problems.push(`task ${id} has ${n} open parents, and no count of them`)
  for (const [id, where] of places) {
    const hasOpen = counts.has(id)
    if (where[0] === 'blocked' && !hasOpen) problems.push(`task ${id} is blocked by nothing`)
    if (hasOpen && !['blocked', 'dead', 'trash'].includes(where[0] ?? ''))
      problems.push(`task ${id} is ${where[0] ?? 'nowhere'}, and has open parents`)
  }
  return problems
}

/** Records of parents and children against the tasks they are of. A task whose end is still to be told has both. */
async function recordProblems(redis: RedisClient, keys: QueueKeys, tasks: ReadonlySet<string>): Promise<string[]> {
  const problems: string[] = []
  const told = new Set<string>()
  for await (const [id] of scan(redis, 'HSCAN', keys.outbox)) told.add(id)
  for await (const [id, text] of scan(redis, 'HSCAN', keys.parents)) {
    if (!tasks.has(id) && !told.has(id)) problems.push(`parents keeps ${id}, but there is no such task`)
    if (refsOf(text).length === 0) problems.push(`parents keeps ${id}, which has none`)
  }
  const dependants = new Set<string>()
  for await (const [id] of scan(redis, 'HSCAN', keys.dependants)) {
    dependants.add(id)
    if ((await redis.call('EXISTS', keys.children + id)) === 0) problems.push(`dependants keeps ${id}, which has none`)
  }
  for await (const [id] of scan(redis, 'HSCAN', keys.kept))
    if (!dependants.has(id)) problems.push(`kept keeps ${id}, on which nothing depends`)
  return problems
}

/** What does not fit among tasks that depend on others; exact while nothing moves. */
export async function flowProblems(
  redis: RedisClient,
  keys: QueueKeys,
  places: ReadonlyMap<string, readonly string[]>,
  tasks: ReadonlySet<string>,
): Promise<string[]> {
  if ((await redis.call('EXISTS', keys.blocked, keys.parents, keys.edges, keys.dependants, keys.kept)) === 0) return []
  return [...(await blockedProblems(redis, keys, places)), ...(await recordProblems(redis, keys, tasks))]
}
