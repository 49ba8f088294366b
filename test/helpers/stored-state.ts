import type { Redis } from 'ioredis'
import { queuePattern } from '../../src/core/keys.ts'

/** Everything Redis keeps of one queue, decoded, by the name of its key behind the queue's prefix. */
export type StoredState = Record<string, Stored>
/** Hashes and sorted sets by field, lists left to right, streams as their entries without ids, the ring of counts by time. */
export type Stored = Record<string, string | number> | string[]

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((key, i) => (i % 2 === 0 ? [[key, flat[i + 1]!] as [string, string]] : []))

/** Seconds that a key has to live, to the nearest ten: tests do not run in no time. */
const lifeOf = (ms: number): string => (ms < 0 ? 'for ever' : `${Math.round(ms / 10_000) * 10}s`)

async function readString(redis: Redis, key: string): Promise<Stored> {
  return { value: (await redis.get(key)) ?? '', lives: lifeOf(await redis.pttl(key)) }
}

/** The slots of the ring that are not all zero, by the ms at which they begin. */
function decodeRing(ring: Buffer): Record<string, string> {
  const slots: Record<string, string> = {}
  const unroll = (name: string, last: number, count: number, offset: number, stepMs: number): void => {
    for (let slot = 0; slot < count; slot++) {
      const metrics = [0, 1, 2, 3].map((metric) => ring.readUInt32BE(offset + slot * 16 + metric * 4))
      const at = last - ((((last - slot) % count) + count) % count)
      if (metrics.some((n) => n > 0)) slots[`${name}${at * stepMs}`] = metrics.join(' ')
    }
  }
  unroll('1s@', ring.readUInt32BE(0), 900, 8, 1_000)
  unroll('10s@', ring.readUInt32BE(4), 360, 8 + 900 * 16, 10_000)
  return slots
}

async function readKey(redis: Redis, key: string): Promise<Stored> {
  switch (await redis.type(key)) {
    case 'hash':
      return await redis.hgetall(key)
    case 'list':
      return await redis.lrange(key, 0, -1)
    case 'set':
      return (await redis.smembers(key)).toSorted()
    case 'zset':
      return Object.fromEntries(
        pairs(await redis.zrange(key, '0', '-1', 'WITHSCORES')).map(([id, score]) => [id, Number(score)]),
      )
    case 'stream':
      return (await redis.xrange(key, '-', '+')).map(([, fields]) =>
        pairs(fields)
          .map(([, value]) => value)
          .join(' '),
      )
    default:
      return key.endsWith('}:series')
        ? decodeRing((await redis.getBuffer(key)) ?? Buffer.alloc(8))
        : readString(redis, key)
  }
}

async function keysOf(redis: Redis, pattern: string): Promise<string[]> {
  const keys = new Set<string>()
  for await (const page of redis.scanStream({ match: pattern, count: 1_000 }))
    for (const key of page as string[]) keys.add(key)
  return [...keys].toSorted()
}

export async function storedState(redis: Redis, namespace: string, queue: string): Promise<StoredState> {
  const pattern = queuePattern(namespace, queue)
  const prefix = pattern.slice(0, -1)
  const keys = await keysOf(redis, pattern)
  const values = await Promise.all(keys.map((key) => readKey(redis, key)))
  return Object.fromEntries(keys.map((key, i) => [key.slice(prefix.length), values[i]!]))
}

function changesOf(before: Stored | undefined, after: Stored | undefined): string {
  if (Array.isArray(before) || Array.isArray(after)) {
    const [was, is] = [before ?? [], after ?? []].map((list) => `[${(list as string[]).join(', ')}]`)
    return was === is ? '' : `${was} → ${is}`
  }
  const [was, is] = [before ?? {}, after ?? {}]
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted()
  return fields
    .flatMap((field) => {
      if (was[field] === is[field]) return []
      if (was[field] === undefined) return [`+${field}=${is[field]}`]
      return [is[field] === undefined ? `-${field}` : `${field}=${was[field]}→${is[field]}`]
    })
    .join(' ')
}

/** A tomb's score is its expiry in seconds * 2^20 + a hash of its content. */
const tombText = (score: string): string =>
  `${Math.floor(Number(score) / 1_048_576) * 1_000}#${Number(score) % 1_048_576}`

/**
 * What differs, one line per key: `+field=value`, `-field`, `field=old→new`, lists as a whole.
 * Times are shown from `startMs` on, as `T+ms`; the ends of lines of an envelope as `⏎`.
 */
export function differences(before: StoredState, after: StoredState, startMs: number): string {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  const lines = keys.flatMap((key) => {
    const changes = changesOf(before[key], after[key])
    if (changes === '') return []
    return [`${key}: ${key === 'tombs' ? changes.replaceAll(/\d{15,}/g, tombText) : changes}`.replaceAll('\n', '⏎')]
  })
  return relativeTimes(lines.join('\n'), startMs)
}

export function relativeTimes(text: string, startMs: number): string {
  return text.replaceAll(/(?<!\d)\d{13}(?!\d)/g, (digits) => {
    const ms = Number(digits) - startMs
    return Math.abs(ms) < 1e9 ? `T${ms < 0 ? '' : '+'}${ms}` : digits
  })
}
