import { decodeDetail, decodeGrant, DETAIL_COMMANDS, detailCommands } from './detail.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { State } from './states.ts'
import type { Page, TaskInfo } from './task.ts'

export interface DeadFilter {
  readonly type?: string | undefined
  /** Part of the error's reason or message, in any case of letters. */
  readonly error?: string | undefined
  readonly beforeMs?: number | undefined
  readonly afterMs?: number | undefined
}

export interface PageOptions extends DeadFilter {
  readonly cursor?: string | undefined
  readonly limit: number
}

interface Ids {
  readonly ids: readonly string[]
  readonly cursor: string | undefined
}

/** With a filter, at most this many rows are read for one page. */
const SCAN_MAX = 2_000

/** Lists hand out their right end first; the cursor is `list:offset from that end`. */
async function pendingIds(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<Ids> {
  const lists = [keys.pending_high, keys.pending_default, keys.pending_low]
  let [list = 0, offset = 0] = (cursor ?? '0:0').split(':').map(Number)
  const ids: string[] = []
  while (list < lists.length && ids.length < limit) {
    const want = limit - ids.length
    const found = (await redis.call('LRANGE', lists[list]!, -(offset + want), -(offset + 1))) as string[]
    ids.push(...found.toReversed())
    offset += found.length
    if (found.length < want) {
      list += 1
      offset = 0
    }
  }
  if (ids.length === 0) return { ids, cursor: undefined }
  const ghosts = (await redis.call('HMGET', keys.ghosts, ...ids)) as (string | null)[]
  return {
    ids: ids.filter((_, i) => ghosts[i] === null),
    cursor: list < lists.length ? `${list}:${offset}` : undefined,
  }
}

/** A sorted set by rank; the cursor names the last member and its score, so that what leaves meanwhile skips nothing. */
async function rankedIds(
  redis: RedisClient,
  key: string,
  cursor: string | undefined,
  limit: number,
  newestFirst: boolean,
): Promise<Ids> {
  let from = 0
  if (cursor !== undefined) {
    const bar = cursor.indexOf('|')
    const [score, member] = [cursor.slice(0, bar), cursor.slice(bar + 1)]
    const [rank, before] = await redis.batch([
      [newestFirst ? 'ZREVRANK' : 'ZRANK', key, member],
      newestFirst ? ['ZCOUNT', key, `(${score}`, '+inf'] : ['ZCOUNT', key, '-inf', `(${score}`],
    ])
    from = rank === null ? Number(before) : Number(rank) + 1
  }
  const flat = (await redis.call(
    newestFirst ? 'ZREVRANGE' : 'ZRANGE',
    key,
    from,
    from + limit - 1,
    'WITHSCORES',
  )) as string[]
  const ids = flat.filter((_, i) => i % 2 === 0)
  return { ids, cursor: ids.length < limit ? undefined : `${flat.at(-1)}|${flat.at(-2)}` }
}

async function activeIds(redis: RedisClient, keys: QueueKeys, limit: number): Promise<Ids> {
  const nonces = (await redis.call('ZRANGE', keys.leases, 0, limit - 1)) as string[]
  if (nonces.length === 0) return { ids: [], cursor: undefined }
  const grants = (await redis.call('HMGET', keys.grants, ...nonces)) as (string | null)[]
  const ids = grants.flatMap((grant) => decodeGrant(grant)?.ids ?? [])
  return { ids: ids.slice(0, limit), cursor: undefined }
}

function idsOf(
  redis: RedisClient,
  keys: QueueKeys,
  state: State,
  cursor: string | undefined,
  limit: number,
): Promise<Ids> {
  switch (state) {
    case 'pending':
      return pendingIds(redis, keys, cursor, limit)
    case 'scheduled':
    case 'retrying':
      return rankedIds(redis, keys.scheduled, cursor, limit, false).then(({ ids, cursor: next }) => ({
        ids: ids.map((member) => member.slice(1)),
        cursor: next,
      }))
    case 'active':
      return activeIds(redis, keys, limit)
    case 'dead':
      return rankedIds(redis, keys.dead, cursor, limit, true)
    case 'completed':
    case 'cancelled':
      return rankedIds(redis, keys.completed, cursor, limit, true)
  }
}

async function details(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<TaskInfo[]> {
  const replies = await redis.batch(ids.flatMap((id) => detailCommands(keys, id)))
  return ids.flatMap(
    (id, i) => decodeDetail(queue, id, replies.slice(i * DETAIL_COMMANDS, (i + 1) * DETAIL_COMMANDS)) ?? [],
  )
}

function matches(task: TaskInfo, state: State, filter: DeadFilter): boolean {
  if (task.state !== state) return false
  if (filter.type !== undefined && task.type !== filter.type) return false
  const at = task.finishedAtMs ?? 0
  if (filter.beforeMs !== undefined && at >= filter.beforeMs) return false
  if (filter.afterMs !== undefined && at < filter.afterMs) return false
  if (filter.error === undefined) return true
  return `${task.error?.reason ?? ''} ${task.error?.message ?? ''}`.toLowerCase().includes(filter.error.toLowerCase())
}

export async function readPage(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  state: State,
  options: PageOptions,
): Promise<Page<TaskInfo> & { readonly scanned: number }> {
  const items: TaskInfo[] = []
  let { cursor } = options
  let scanned = 0
  for (;;) {
    const page = await idsOf(redis, keys, state, cursor, options.limit - items.length)
    const found = await details(redis, queue, keys, page.ids)
    items.push(...found.filter((task) => matches(task, state, options)))
    scanned += page.ids.length
    cursor = page.cursor
    if (cursor === undefined || items.length >= options.limit || scanned >= SCAN_MAX) return { items, cursor, scanned }
  }
}
