import { decodeGrant, decodeHeld, type Grant, type Held } from './detail.ts'
import { DqError } from './errors.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

export interface HeldTask {
  readonly id: string
  readonly hold: Held
  readonly grant: Grant
  readonly expiresAtMs: number
  /** Continues behind this one. */
  readonly cursor: string
}

export interface HeldPage {
  readonly tasks: readonly HeldTask[]
  readonly cursor: string | undefined
}

/** A grant names up to 500 ids, settled ones too: so many grants are read at once. */
const GRANTS_PER_LOOK = 20

export const badCursor = (cursor: string): DqError =>
  new DqError('invalid_input', `cursor '${cursor.slice(0, 80)}' is none of this listing; begin without one`, {
    details: ['cursor'],
  })

interface Start {
  readonly from: number
  /** Ids of the first grant that an earlier page has looked at. */
  readonly skip: number
}

/** The cursor is `expiry|nonce|ids of that grant looked at`. A lease that was renewed meanwhile has moved behind it. */
async function startOf(redis: RedisClient, keys: QueueKeys, cursor: string | undefined): Promise<Start> {
  if (cursor === undefined) return { from: 0, skip: 0 }
  const [, expiry, nonce, skip] = /^(\d+)\|([^|]+)\|(\d+)$/.exec(cursor) ?? []
  if (expiry === undefined || nonce === undefined) throw badCursor(cursor)
  const [rank, score, before] = await redis.batch([
    ['ZRANK', keys.leases, nonce],
    ['ZSCORE', keys.leases, nonce],
    ['ZCOUNT', keys.leases, '-inf', `(${expiry}`],
  ])
  return score === expiry ? { from: Number(rank), skip: Number(skip) } : { from: Number(before), skip: 0 }
}

interface Candidate extends Omit<HeldTask, 'hold'> {
  readonly nonce: string
}

async function candidates(
  redis: RedisClient,
  keys: QueueKeys,
  { from, skip }: Start,
): Promise<Candidate[] | undefined> {
  const flat = (await redis.call('ZRANGE', keys.leases, from, from + GRANTS_PER_LOOK - 1, 'WITHSCORES')) as string[]
  const nonces = flat.filter((_, i) => i % 2 === 0)
  if (nonces.length === 0) return undefined
  const grants = (await redis.call('HMGET', keys.grants, ...nonces)) as (string | null)[]
  return nonces.flatMap((nonce, g) => {
    const grant = decodeGrant(grants[g] ?? null)
    const expiry = flat[g * 2 + 1]!
    if (grant === undefined) return []
    const all = grant.ids.map((id, i) => ({
      id,
      nonce,
      grant,
      expiresAtMs: Number(expiry),
      cursor: `${expiry}|${nonce}|${i + 1}`,
    }))
    return g === 0 ? all.slice(skip) : all
  })
}

async function readHolds(
  redis: RedisClient,
  keys: QueueKeys,
  rows: readonly Candidate[],
): Promise<readonly (string | null)[]> {
  if (rows.length === 0) return []
  return (await redis.call('HMGET', keys.holders, ...rows.map(({ id }) => id))) as (string | null)[]
}

/** Held tasks of one queue, soonest end of lease first. @throws DqError `invalid_input` for a foreign cursor. */
export async function readHeld(
  redis: RedisClient,
  keys: QueueKeys,
  cursor: string | undefined,
  limit: number,
): Promise<HeldPage> {
  const tasks: HeldTask[] = []
  let start = await startOf(redis, keys, cursor)
  for (;;) {
    const rows = await candidates(redis, keys, start)
    if (rows === undefined) return { tasks, cursor: undefined }
    const holds = await readHolds(redis, keys, rows)
    for (const [i, { nonce, ...row }] of rows.entries()) {
      const hold = decodeHeld(holds[i] ?? null)
      if (hold?.nonce !== nonce) continue
      tasks.push({ ...row, hold })
      if (tasks.length >= limit) return { tasks, cursor: row.cursor }
    }
    start = { from: start.from + GRANTS_PER_LOOK, skip: 0 }
  }
}
