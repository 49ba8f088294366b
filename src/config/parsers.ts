import { z } from 'zod'
import { durationMs } from '../core/duration.ts'
import { NAME } from '../core/keys.ts'
import { parseRedisUrl, URL_SHAPES } from '../core/redis-url.ts'
import { queueMap, type WeightedQueue } from './queue-map.ts'
import { type Address, parseAddress } from './address.ts'

/** Parsers of options: each reads one text and says in words what it wants instead. */

const refuse = (ctx: z.RefinementCtx, message: string): never => {
  ctx.addIssue({ code: 'custom', message })
  return z.NEVER
}

const parser = <T>(read: (text: string) => T | undefined, wants: string): z.ZodType<T, string> =>
  z.string().transform((text, ctx) => read(text.trim()) ?? refuse(ctx, wants))

export const text: z.ZodType<string, string> = z.string()

export const whole = (min: number, max: number): z.ZodType<number, string> =>
  parser(
    (value) => (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined),
    `is not a whole number from ${min} to ${max}`,
  )

const YES = new Set(['true', '1', 'yes', 'on'])
const NO = new Set(['false', '0', 'no', 'off'])

export const yesNo: z.ZodType<boolean, string> = parser(
  (value) => (YES.has(value.toLowerCase()) ? true : NO.has(value.toLowerCase()) ? false : undefined),
  'is neither true nor false',
)

const SPANS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['s', 1_000],
] as const
const spanText = (ms: number): string => {
  const [unit, span] = SPANS.find((one) => ms > 0 && ms % one[1] === 0) ?? ['ms', 1]
  return `${ms / span}${unit}`
}

/** `3s`, `500ms`, `1m30s`; a bare number is seconds. The value is milliseconds. */
export function duration(minMs: number, maxMs: number): z.ZodType<number, string> {
  const read = (value: string): number | undefined => {
    const withUnit = /^\d+(\.\d+)?$/.test(value) ? `${value}s` : value
    try {
      const ms = durationMs(withUnit, 'duration')
      return ms >= minMs && ms <= maxMs ? ms : undefined
    } catch {
      return undefined // not a duration: the one thing durationMs throws for
    }
  }
  return parser(
    read,
    `is not a duration from ${spanText(minMs)} to ${spanText(maxMs)}; write 3s, 500ms, 1m30s or a number of seconds`,
  )
}

export const name: z.ZodType<string, string> = parser(
  (value) => (NAME.test(value) ? value : undefined),
  'is not a name: up to 64 letters, digits and . _ : - that begin with a letter or digit',
)

export const oneOf = <const T extends string>(...values: readonly T[]): z.ZodType<T, string> =>
  parser((value) => values.find((one) => one === value.toLowerCase()), `is none of ${values.join(', ')}`)

const parts = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

export const textList: z.ZodType<readonly string[], string> = z.string().transform(parts)

export function listOf<const T extends string>(...values: readonly T[]): z.ZodType<readonly T[], string> {
  return z.string().transform((given, ctx) => {
    const unknown = parts(given).filter((part) => !(values as readonly string[]).includes(part))
    if (unknown.length > 0) return refuse(ctx, `has no part ${unknown.join(', ')}; choose from ${values.join(', ')}`)
    if (parts(given).length === 0) return refuse(ctx, `is empty; choose from ${values.join(', ')}`)
    return values.filter((value) => parts(given).includes(value))
  })
}

const QUEUE = /^(.+?)(?::(\d{1,3}))?$/

function queueOf(part: string): WeightedQueue | undefined {
  const [, queue = '', weight = '1'] = QUEUE.exec(part) ?? []
  if (!NAME.test(queue) || Number(weight) < 1 || Number(weight) > 100) return undefined
  return { name: queue, weight: Number(weight) }
}

/** `name` or `name:weight`, separated by commas, or a section of a file. A number behind the last colon is always a weight. */
export const queues: z.ZodType<readonly WeightedQueue[], string> = z.string().transform((given, ctx) => {
  if (given.trimStart().startsWith('{')) {
    const section = queueMap(given)
    return typeof section === 'string' ? refuse(ctx, section) : section
  }
  const list = parts(given).map(queueOf)
  const found = list.filter((queue) => queue !== undefined)
  if (found.length < list.length || found.length === 0)
    return refuse(ctx, 'is not a list of queues; write name or name:weight (1 to 100), separated by commas')
  const twice = found.find((queue, i) => found.findIndex((other) => other.name === queue.name) < i)
  return twice === undefined ? found : refuse(ctx, `names the queue ${twice.name} twice`)
})

export const address: z.ZodType<Address, string> = parser(parseAddress, 'is not an address; write host:port')

export const redisUrl: z.ZodType<string, string> = parser(
  (value) => (parseRedisUrl(value) === undefined ? undefined : value),
  `is not a Redis address; write ${URL_SHAPES}`,
)

/** The machines of a cluster or of Sentinels, as the address that they make. */
const hosts = (scheme: string): z.ZodType<string, string> =>
  parser(
    (value) => {
      const url = value.includes('://') ? value : `${scheme}://${value}`
      return parseRedisUrl(url)?.mode === scheme.slice('redis-'.length) ? url : undefined
    },
    `is no list of hosts; write host:port,host:port${scheme === 'redis-sentinel' ? '/primary' : ''}`,
  )

export const clusterHosts = hosts('redis-cluster')
export const sentinelHosts = hosts('redis-sentinel')
