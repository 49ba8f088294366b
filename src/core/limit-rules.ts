import { createHash } from 'node:crypto'
import { durationMs } from './duration.ts'
import { DqError, messageOf } from './errors.ts'

/** Tells the key of a task by its payload: a path such as `tenantId` or `user.id`, or a function. */
export type LimitKey<Payload = never> = string | ((payload: Payload) => string | number | undefined)

/** How many tasks may start in a time, over all workers of a queue, by Redis's clock. */
export interface RateLimit<Payload = never> {
  readonly limit: number
  /** Default `1s`. */
  readonly per?: number | string
  /** How many may start at once after a pause: in any time t at most limit × t + burst start, rounded up. Default: what 10 ms let start, at least 1. */
  readonly burst?: number
  /** Each key has this limit for itself. */
  readonly key?: LimitKey<Payload>
}

/** How many tasks may run at the same time, over all workers of a queue. */
export interface ConcurrencyLimit<Payload = never> {
  readonly limit: number
  readonly key?: LimitKey<Payload>
}

export interface Rate {
  readonly limit: number
  readonly perMs: number
  readonly burst: number
}

/** What holds for a queue, or for the tasks of one type in it. */
export interface LimitRule {
  readonly rate?: (Rate & { readonly keyed: boolean }) | undefined
  readonly slots?: { readonly most: number; readonly keyed: boolean } | undefined
  /** How many a producer may enqueue; what is more is refused. */
  readonly enqueue?: Rate | undefined
}

/** Of a stored rule: set by hand it stays, whatever workers declare. */
export type LimitSource = 'hand' | 'code'

const MOST = 1_000_000
const PER_MOST_MS = 2_592_000_000
const refuse = (field: string, message: string): DqError => new DqError('invalid_input', message, { details: [field] })

function count(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST) return value
  throw refuse(field, `${field} ${String(value)} has to be a whole number from 1 to ${MOST}; to stop a queue, pause it`)
}

function checkFields(value: object, known: readonly string[], field: string): void {
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw refuse(
        `${field}.${key}`,
        key === 'queue' || key === 'queues'
          ? `${field}.${key}: a limit holds within one queue; limits over several queues are not possible`
          : `${field}: there is no option ${key}; there are ${known.join(', ')}`,
      )
}

/** What 10 ms let start: no more come late than that. */
const smooth = (limit: number, perMs: number): number => Math.max(1, Math.floor((limit * 10) / perMs))
/** Of producers, which send batches: as much as their rate lets in over its whole time. */
const whole = (limit: number): number => limit

/** How many may be enqueued; without a burst all of it at once. @throws DqError `invalid_input`, naming the field. */
export const checkEnqueueRate = (value: Omit<RateLimit, 'key'>, field: string): Rate => checkRate(value, field, whole)

/** @throws DqError `invalid_input`, naming the field. */
export function checkRate(value: Omit<RateLimit, 'key'>, field: string, burstOf = smooth): Rate {
  const limit = count(value.limit, `${field}.limit`)
  const perMs = durationMs(value.per ?? 1000, `${field}.per`)
  if (perMs < 1 || perMs > PER_MOST_MS) throw refuse(`${field}.per`, `${field}.per has to be from 1 ms to 30 days`)
  const burst = count(value.burst ?? burstOf(limit, perMs), `${field}.burst`)
  return { limit, perMs, burst }
}

const RATE = /^(\d+)\/(\d*(?:\.\d+)?(?:ms|s|m|h|d))(?:,(\d+))?$/

/** A rate as people write it: `50/s`, `10/1m`, `100/s,20` with a burst of 20. @throws DqError `invalid_input` */
export function parseRate(text: string, field: string, check = checkRate): Rate {
  const [, limit, per = '', burst] = RATE.exec(text.trim()) ?? []
  if (limit === undefined)
    throw refuse(field, `${field}: '${text}' is not a rate; write 50/s, 10/1m, or 100/s,20 for a burst of 20`)
  return check(
    {
      limit: Number(limit),
      per: /^\d/.test(per) ? per : `1${per}`,
      ...(burst === undefined ? {} : { burst: Number(burst) }),
    },
    field,
  )
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** The same, written: `50/s`, `10/5m`, `100/s,20`. */
export function rateText({ limit, perMs, burst }: Rate): string {
  const [unit, ms] = UNITS.find(([, one]) => perMs % one === 0) ?? (['ms', 1] as const)
  const per = perMs / ms
  return `${limit}/${per === 1 && unit !== 'ms' ? '' : per}${unit}${burst > 1 ? `,${burst}` : ''}`
}

/** A limit in a few words: `50/s`, `5 at once per key`. */
export function ruleText({ rate, slots, enqueue }: LimitRule): string {
  const words = []
  if (rate) words.push(`${rateText(rate)}${rate.keyed ? ' per key' : ''}`)
  if (slots) words.push(`${slots.most} at once${slots.keyed ? ' per key' : ''}`)
  if (enqueue) words.push(`enqueue ${rateText(enqueue.burst === enqueue.limit ? { ...enqueue, burst: 1 } : enqueue)}`)
  return words.join(', ') || 'none any more'
}

/** A rule as the scripts read it; see `lua/lib/admit.lua`. */
export function encodeRule({ rate, slots, enqueue }: LimitRule): string {
  const parts: string[] = []
  if (rate) parts.push(`r=${rate.limit}/${rate.perMs}/${rate.burst}/${rate.keyed ? 1 : 0}`)
  if (slots) parts.push(`c=${slots.most}/${slots.keyed ? 1 : 0}`)
  if (enqueue) parts.push(`e=${enqueue.limit}/${enqueue.perMs}/${enqueue.burst}`)
  return parts.join(';')
}

export function decodeRule(text: string): LimitRule & { readonly source: LimitSource } {
  const [, limit, perMs, burst, keyed] = /r=(\d+)\/(\d+)\/(\d+)\/([01])/.exec(text) ?? []
  const [, most, slotsKeyed] = /c=(\d+)\/([01])/.exec(text) ?? []
  const [, accepts, within, atOnce] = /e=(\d+)\/(\d+)\/(\d+)/.exec(text) ?? []
  return {
    rate: limit
      ? { limit: Number(limit), perMs: Number(perMs), burst: Number(burst), keyed: keyed === '1' }
      : undefined,
    slots: most ? { most: Number(most), keyed: slotsKeyed === '1' } : undefined,
    enqueue: accepts ? { limit: Number(accepts), perMs: Number(within), burst: Number(atOnce) } : undefined,
    source: text.endsWith(';s=hand') ? 'hand' : 'code',
  }
}

export const scopeOf = (type: string | undefined): string => (type === undefined ? 'q' : `t:${type}`)
export const typeOfScope = (scope: string): string | undefined => (scope.startsWith('t:') ? scope.slice(2) : undefined)

/** The scope of a line or of slots, and the key where they are those of one. */
export const partsOfBase = (base: string): readonly [scope: string, key: string | undefined] => {
  const at = base.indexOf('#')
  return at < 0 ? [base, undefined] : [base.slice(0, at), base.slice(at + 1)]
}

/** What `defineTask` says of limits, checked. */
export interface TypeLimits {
  readonly rule: LimitRule
  readonly key: LimitKey | undefined
}

const asObject = (value: unknown, field: string): object => {
  if (typeof value === 'object' && value !== null) return value
  throw refuse(field, `${field} has to be an object such as { limit: 10, per: '1s' }`)
}

function checkKey(value: unknown, field: string): LimitKey | undefined {
  if (value === undefined || typeof value === 'function') return value as LimitKey | undefined
  if (typeof value === 'string' && /^[\w$-]+(\.[\w$-]+)*$/.test(value)) return value
  throw refuse(field, `${field} has to be a path into the payload such as tenantId or user.id, or a function`)
}

/** @throws DqError `invalid_input`, naming the option. */
export function typeLimits(
  rateLimit: RateLimit | undefined,
  concurrency: number | ConcurrencyLimit | undefined,
): TypeLimits | undefined {
  if (rateLimit === undefined && concurrency === undefined) return undefined
  const slots = typeof concurrency === 'number' ? { limit: concurrency } : concurrency
  if (rateLimit !== undefined)
    checkFields(asObject(rateLimit, 'rateLimit'), ['limit', 'per', 'burst', 'key'], 'rateLimit')
  if (slots !== undefined) checkFields(asObject(slots, 'concurrency'), ['limit', 'key'], 'concurrency')
  const rateKey = checkKey(rateLimit?.key, 'rateLimit.key')
  const slotsKey = checkKey(slots?.key, 'concurrency.key')
  if (rateKey !== undefined && slotsKey !== undefined && rateKey !== slotsKey)
    throw refuse('concurrency.key', 'rateLimit.key and concurrency.key have to be the same: a task has one key')
  return {
    rule: {
      rate: rateLimit && { ...checkRate(rateLimit, 'rateLimit'), keyed: rateKey !== undefined },
      slots: slots && { most: count(slots.limit, 'concurrency'), keyed: slotsKey !== undefined },
    },
    key: rateKey ?? slotsKey,
  }
}

const PLAIN_KEY = /^[\w.:@-]{1,64}$/

/** A key as it is stored: as it is where that is safe, else its hash. */
export const storedKey = (key: string): string =>
  PLAIN_KEY.test(key) ? key : `~${createHash('sha1').update(key).digest('base64url').slice(0, 20)}`

/** The key of a payload, or undefined when it has none: such tasks share one. */
export function keyOf(key: LimitKey, payload: unknown): string | undefined {
  let value: unknown = payload
  if (typeof key === 'function') value = key(payload as never)
  else for (const part of key.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[part]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/**
 * The key of a new task, as stored: what the caller says, else what its definition makes of the payload.
 * @throws DqError `invalid_input` when the definition's function throws.
 */
export function limitKeyOf(payload: unknown, given: string | undefined, key: LimitKey | undefined): string | undefined {
  if (given !== undefined) return storedKey(given)
  if (key === undefined) return undefined
  try {
    const told = keyOf(key, payload)
    return told === undefined ? undefined : storedKey(told)
  } catch (cause) {
    throw new DqError('invalid_input', `the key of its limits cannot be told from this payload: ${messageOf(cause)}`, {
      cause,
      details: ['limitKey'],
    })
  }
}
