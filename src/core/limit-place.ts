import { decodeRule, type LimitRule, partsOfBase, typeOfScope } from './limit-rules.ts'
import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

/** Where a task waits under a limit. */
export interface LimitPlace {
  /** Undefined: the limit is that of the queue. */
  readonly type: string | undefined
  readonly key: string | undefined
  readonly rule: LimitRule
  /** Tasks of its priority that are before it in the line of this limit. */
  readonly ahead: number
  /** Slots in use, and up to five of the tasks that have them. */
  readonly running: number
  readonly holders: readonly string[]
  /** When a rate lets the next one start, ms since the epoch. */
  readonly nextAtMs: number | undefined
}

const HOLDERS_SHOWN = 5
const READY = { h: 'ready_high', d: 'ready_default', l: 'ready_low' } as const

/** @returns undefined when the task waits under no limit. */
export async function limitPlace(redis: RedisClient, keys: QueueKeys, id: string): Promise<LimitPlace | undefined> {
  const where = (await redis.call('HGET', keys.limited, id)) as string | null
  const [, letter, base = ''] = /^([hdl]):([^<]*)/.exec(where ?? '') ?? []
  if (letter === undefined) return undefined
  const [scope, key] = partsOfBase(base)
  const slots = `${keys.limits}slots:${base}`
  const [rule, rank, running, holders, next] = (await redis.batch([
    ['HGET', keys.limit_rules, scope],
    ['ZRANK', `${keys.limits}line:${letter}:${base}`, id],
    ['SCARD', slots],
    ['SRANDMEMBER', slots, HOLDERS_SHOWN],
    ['ZSCORE', keys[READY[letter as keyof typeof READY]], base],
  ])) as [string | null, number | null, number, string[], string | null]
  const nextAtMs = Number(next ?? Number.NaN)
  return {
    type: typeOfScope(scope),
    key,
    rule: decodeRule(rule ?? ''),
    ahead: rank ?? 0,
    running,
    holders: holders.toSorted(),
    nextAtMs: nextAtMs < Number.MAX_SAFE_INTEGER ? nextAtMs : undefined,
  }
}
