import { decodeDetail, DETAIL_COMMANDS, detailCommands } from './detail.ts'
import { badCursor, readHeld } from './held.ts'
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
  /** Beside the filter: leaves out what it says no to. */
  readonly where?: ((task: TaskInfo) => boolean) | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

interface Row {
  readonly id: string
  /** Continues behind this row. */
  readonly cursor: string
}

interface Rows {
  readonly rows: readonly Row[]
  /** Places looked at, ghosts included. */
  readonly read: number
  /** Undefined at the end of the listing. */
  readonly next: string | undefined
}

/** With a filter, at most this many places are looked at for one page. */
const SCAN_MAX = 2_000
/** What Redis takes as the cursor of a scan. */
const SCAN_CURSOR_MOST = 2n ** 64n - 1n
/** Rows of one look after a first one that did not fill its page. */
const LOOK = 100

/** Lists hand out their right end first; the cursor is `list:offset from that end`. */
async function pendingRows(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<Rows> {
  if (cursor !== undefined && !/^[0-2]:\d{1,15}$/.test(cursor)) throw badCursor(cursor)
  const lists = [keys.pending_high, keys.pending_default, keys.pending_low]
  let [list = 0, offset = 0] = (cursor ?? '0:0').split(':').map(Number)
  const rows: Row[] = []
  while (list < lists.length && rows.length < limit) {
    const want = limit - rows.length
    const found = (await redis.call('LRANGE', lists[list]!, -(offset + want), -(offset + 1))) as string[]
    for (const id of found.toReversed()) rows.push({ id, cursor: `${list}:${++offset}` })
    if (found.length < want) {
      list += 1
      offset = 0
    }
  }
  if (rows.length === 0) return { rows, read: 0, next: undefined }
  const ghosts = (await redis.call('HMGET', keys.ghosts, ...rows.map(({ id }) => id))) as (string | null)[]
  return {
    rows: rows.filter((_, i) => ghosts[i] === null),
    read: rows.length,
    next: list < lists.length ? `${list}:${offset}` : undefined,
  }
}

/**
 * A sorted set by rank; the cursor is `score|member` of the last row, so that what leaves or moves meanwhile makes no
 * other row be skipped.
 */
async function rankedRows(
  redis: RedisClient,
  key: string,
  cursor: string | undefined,
  limit: number,
  newestFirst: boolean,
): Promise<Rows> {
  const from = cursor === undefined ? 0 : await rankOf(redis, key, cursor, newestFirst)
  const command = newestFirst ? 'ZREVRANGE' : 'ZRANGE'
  const flat = (await redis.call(command, key, from, from + limit - 1, 'WITHSCORES')) as string[]
  const rows: Row[] = []
  for (let i = 0; i < flat.length; i += 2) rows.push({ id: flat[i]!, cursor: `${flat[i + 1]!}|${flat[i]!}` })
  return { rows, read: rows.length, next: rows.length < limit ? undefined : rows.at(-1)!.cursor }
}

async function rankOf(redis: RedisClient, key: string, cursor: string, newestFirst: boolean): Promise<number> {
  const [, score, member] = /^([\d.e+]+)\|(.*)$/s.exec(cursor) ?? []
  if (score === undefined || member === undefined || Number.isNaN(Number(score))) throw badCursor(cursor)
  const [rank, now, before] = await redis.batch([
    [newestFirst ? 'ZREVRANK' : 'ZRANK', key, member],
    ['ZSCORE', key, member],
    newestFirst ? ['ZCOUNT', key, `(${score}`, '+inf'] : ['ZCOUNT', key, '-inf', `(${score}`],
  ])
  return now === score ? Number(rank) + 1 : Number(before)
}

async function activeRows(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<Rows> {
  const { tasks, cursor: next } = await readHeld(redis, keys, cursor, limit)
  return { rows: tasks, read: tasks.length, next }
}

/**
 * What waits under limits, in no order: it waits in many lines. The cursor is `w` and `where a scan goes on:rows of it seen`; what
 * enters or leaves meanwhile may move a row, never one that stays.
 */
async function limitedRows(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<Rows> {
  if (cursor !== undefined && !/^w\d{1,20}:\d{1,6}$/.test(cursor)) throw badCursor(cursor)
  const [from = '0', seen = '0'] = (cursor?.slice(1) ?? '0:0').split(':')
  if (BigInt(from) > SCAN_CURSOR_MOST) throw badCursor(cursor ?? '')
  const [next, flat] = (await redis.call('HSCAN', keys.limited, from, 'COUNT', LOOK)) as [string, string[]]
  const ids = flat.filter((_, i) => i % 2 === 0)
  const rows = ids
    .slice(Number(seen), Number(seen) + limit)
    .map((id, i) => ({ id, cursor: `w${from}:${Number(seen) + i + 1}` }))
  const isWhole = Number(seen) + rows.length >= ids.length
  return { rows, read: rows.length, next: !isWhole ? rows.at(-1)!.cursor : next === '0' ? undefined : `w${next}:0` }
}

async function scheduledRows(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<Rows> {
  const page = await rankedRows(redis, keys.scheduled, cursor, limit, false)
  // A member is the letter of its priority and the id.
  return { ...page, rows: page.rows.map((row) => ({ ...row, id: row.id.slice(1) })) }
}

function rowsOf(
  redis: RedisClient,
  keys: QueueKeys,
  state: State,
  cursor: string | undefined,
  limit: number,
): Promise<Rows> {
  switch (state) {
    case 'pending':
      return pendingRows(redis, keys, cursor, limit)
    case 'scheduled':
    case 'retrying':
      return scheduledRows(redis, keys, cursor, limit)
    case 'limited':
      return limitedRows(redis, keys, cursor, limit)
    case 'active':
      return activeRows(redis, keys, cursor, limit)
    case 'blocked':
      return rankedRows(redis, keys.blocked, cursor, limit, false)
    case 'dead':
      return rankedRows(redis, keys.dead, cursor, limit, true)
    case 'completed':
    case 'cancelled':
      return rankedRows(redis, keys.completed, cursor, limit, true)
  }
}

async function details(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  rows: readonly Row[],
): Promise<(TaskInfo | undefined)[]> {
  const replies = await redis.batch(rows.flatMap(({ id }) => detailCommands(keys, id)))
  return rows.map(({ id }, i) => decodeDetail(queue, id, replies.slice(i * DETAIL_COMMANDS, (i + 1) * DETAIL_COMMANDS)))
}

function matches(task: TaskInfo, state: State, filter: PageOptions): boolean {
  if (task.state !== state || filter.where?.(task) === false) return false
  if (filter.type !== undefined && task.type !== filter.type) return false
  const at = task.finishedAtMs ?? 0
  if (filter.beforeMs !== undefined && at >= filter.beforeMs) return false
  if (filter.afterMs !== undefined && at < filter.afterMs) return false
  if (filter.error === undefined) return true
  return `${task.error?.reason ?? ''} ${task.error?.message ?? ''}`.toLowerCase().includes(filter.error.toLowerCase())
}

/** @throws DqError `invalid_input` for a cursor of another listing. */
export async function readPage(
  redis: RedisClient,
  queue: string,
  keys: QueueKeys,
  state: State,
  options: PageOptions,
): Promise<Page<TaskInfo> & { readonly scanned: number }> {
  const items: TaskInfo[] = []
  let { cursor, limit } = options
  let scanned = 0
  let read = 0
  for (;;) {
    const page = await rowsOf(redis, keys, state, cursor, limit)
    const found = await details(redis, queue, keys, page.rows)
    for (const [i, task] of found.entries()) {
      scanned += 1
      if (task === undefined || !matches(task, state, options)) continue
      items.push(task)
      if (items.length < options.limit) continue
      const isLast = i === found.length - 1
      return { items, cursor: isLast ? page.next : page.rows[i]!.cursor, scanned }
    }
    read += page.read
    cursor = page.next
    if (cursor === undefined || read >= SCAN_MAX) return { items, cursor, scanned }
    limit = Math.max(LOOK, options.limit)
  }
}
