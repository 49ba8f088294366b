import type { QueueKeys } from '../keys.ts'
import { PRIORITIES, type Priority } from '../priority.ts'
import type { Command, RedisClient } from '../redis.ts'

/** How many entries are looked at to find a task in its line, and to tell the dead ones among those ahead. */
const REACH = 10_000
const PAGE = 1_000

export interface LinePlace {
  readonly priority: Priority
  /** Tasks that are next before it, those of higher priorities included. */
  readonly ahead: number
  /** False: there are more. */
  readonly exact: boolean
}

async function ghostsAmong(redis: RedisClient, keys: QueueKeys, ids: readonly string[]): Promise<number> {
  let ghosts = 0
  for (let from = 0; from < ids.length; from += PAGE) {
    const marks = (await redis.call('HMGET', keys.ghosts, ...ids.slice(from, from + PAGE))) as (string | null)[]
    ghosts += marks.filter((mark) => mark !== null).length
  }
  return ghosts
}

/** Where a pending task stands, in strict order of priorities. */
export async function placeInLine(
  redis: RedisClient,
  keys: QueueKeys,
  id: string,
  usual: Priority,
): Promise<LinePlace> {
  const lists = PRIORITIES.map((priority) => keys[`pending_${priority}`])
  const replies = (await redis.batch([
    ...lists.map((list): Command => ['LLEN', list]),
    ...lists.map((list): Command => ['LPOS', list, id, 'RANK', -1, 'MAXLEN', REACH]),
    ['HLEN', keys.ghosts],
  ])) as (number | null)[]
  const found = PRIORITIES.findIndex((_, i) => replies[PRIORITIES.length + i] !== null)
  const at = found < 0 ? PRIORITIES.indexOf(usual) : found
  const lengths = replies.slice(0, PRIORITIES.length).map(Number)
  const index = replies[PRIORITIES.length + at] ?? null
  const own = index === null ? Math.min(REACH, lengths[at]!) : lengths[at]! - 1 - index
  const ahead = lengths.slice(0, at).reduce((sum, length) => sum + length, own)
  const ghosts = Number(replies.at(-1))
  const priority = PRIORITIES[at]!
  if (index === null || (ghosts > 0 && ahead > REACH))
    return { priority, ahead: Math.max(0, ahead - ghosts), exact: false }
  if (ghosts === 0) return { priority, ahead, exact: true }
  const pages = (await redis.batch([
    ...lists.slice(0, at).map((list): Command => ['LRANGE', list, 0, -1]),
    ['LRANGE', lists[at]!, index + 1, -1],
  ])) as string[][]
  return { priority, ahead: ahead - (await ghostsAmong(redis, keys, pages.flat())), exact: true }
}
