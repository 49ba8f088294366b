import type { QueueKeys } from './keys.ts'
import { decodeRule, type LimitRule, type LimitSource, partsOfBase, typeOfScope } from './limit-rules.ts'
import type { RedisClient } from './redis.ts'

/** One key of a limit, or the limit itself where it has none. */
export interface LimitLine {
  /** Undefined: the limit has no key. */
  readonly key: string | undefined
  readonly waiting: number
  /** Slots in use; undefined for a rate. */
  readonly running: number | undefined
  /** When a rate lets the next one start, ms since the epoch; undefined where it is not the rate that is in the way. */
  readonly nextAtMs: number | undefined
}

/** A limit of a queue, or of one type in it, and what waits under it. */
export interface LimitInfo extends LimitRule {
  readonly queue: string
  /** Undefined: the whole queue. */
  readonly type: string | undefined
  /** Undefined: it was taken away, and what still waits goes on with the next claim. */
  readonly source: LimitSource | undefined
  readonly waiting: number
  /** Those that wait, the longest first; at most 20. */
  readonly lines: readonly LimitLine[]
}

/** Lines that are looked at; a queue with more keys waiting shows a part of them. */
const LINES_MOST = 500
const LINES_SHOWN = 20
/** As in `lua/lib/limits.lua`. */
const NEVER = Number.MAX_SAFE_INTEGER

interface Line extends LimitLine {
  readonly scope: string
}

const READY = ['ready_high', 'ready_default', 'ready_low'] as const
const LETTERS = ['h', 'd', 'l'] as const

/** Lines by base, with what waits in all priorities, and the soonest time at which one is asked. */
async function readLines(redis: RedisClient, keys: QueueKeys, scopes: readonly string[]): Promise<Line[]> {
  const ready = (await redis.batch(
    READY.map((name) => ['ZRANGE', keys[name], 0, LINES_MOST - 1, 'WITHSCORES'] as const),
  )) as string[][]
  const lines = ready.flatMap((flat, list) =>
    flat.flatMap((base, i) => (i % 2 === 0 ? [{ base, letter: LETTERS[list]!, at: Number(flat[i + 1]) }] : [])),
  )
  const bases = [...new Set([...scopes, ...lines.map(({ base }) => base)])]
  const replies = (await redis.batch([
    ...lines.map(({ base, letter }) => ['ZCARD', `${keys.limits}line:${letter}:${base}`] as const),
    ...bases.map((base) => ['SCARD', `${keys.limits}slots:${base}`] as const),
  ])) as number[]
  return bases.map((base, b) => {
    const mine = lines.flatMap((one, i) => (one.base === base ? [{ at: one.at, waiting: replies[i]! }] : []))
    const soonest = Math.min(...mine.map(({ at }) => at))
    const [scope, key] = partsOfBase(base)
    return {
      scope,
      key,
      waiting: mine.reduce((sum, { waiting }) => sum + waiting, 0),
      running: replies[lines.length + b]!,
      nextAtMs: soonest < NEVER ? Math.ceil(soonest) : undefined,
    }
  })
}

/** The limits of a queue, that of the queue first, and those under which something still waits. */
export async function readLimits(redis: RedisClient, queue: string, keys: QueueKeys): Promise<LimitInfo[]> {
  const flat = (await redis.call('HGETALL', keys.limit_rules)) as string[]
  const rules = new Map(
    flat.flatMap((scope, i) => (i % 2 === 0 ? [[scope, decodeRule(flat[i + 1] ?? '')] as const] : [])),
  )
  const all = await readLines(redis, keys, [...rules.keys()])
  const scopes = new Set([...rules.keys(), ...all.map(({ scope }) => scope)])
  return [...scopes].toSorted().map((scope) => {
    const rule = rules.get(scope)
    const mine = all
      .filter((line) => line.scope === scope && (line.waiting > 0 || line.running! > 0 || line.key === undefined))
      .toSorted((a, b) => b.waiting - a.waiting)
    return {
      queue,
      type: typeOfScope(scope),
      rate: rule?.rate,
      slots: rule?.slots,
      enqueue: rule?.enqueue,
      source: rule?.source,
      waiting: mine.reduce((sum, { waiting }) => sum + waiting, 0),
      lines: mine.slice(0, LINES_SHOWN).map(({ key, waiting, running, nextAtMs }) => ({
        key,
        waiting,
        running: rule?.slots === undefined ? undefined : running,
        nextAtMs,
      })),
    }
  })
}
