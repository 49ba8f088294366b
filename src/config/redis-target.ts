import type { TlsFiles } from '../core/redis-address.ts'
import { isPrivate, maskUrl, parseRedisUrl, withDatabase } from '../core/redis-url.ts'
import type { OptionKey, Values } from './rows.ts'
import type { Resolved } from './resolve.ts'

export { maskUrl }

/** How to reach Redis: what `openRedis` takes. */
export interface RedisTarget {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly sentinelPassword?: string
  readonly tls?: TlsFiles
}

const TLS = {
  redisTlsCa: 'caFile',
  redisTlsCert: 'certFile',
  redisTlsKey: 'keyFile',
  redisTlsServername: 'servername',
} as const satisfies { readonly [K in OptionKey]?: keyof TlsFiles }

function tlsOf(values: Values): TlsFiles | undefined {
  const given = Object.entries(TLS).flatMap(([key, name]) => {
    const value = values[key as keyof typeof TLS]
    return value === undefined ? [] : [[name, value] as const]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

const PLACES = ['redisCluster', 'redisSentinel', 'redisUrl'] as const

/** Where it is written where Redis is, or `default`. */
export const addressOrigin = ({ origins }: Resolved): string =>
  PLACES.map((key) => origins[key]).find((origin) => origin !== 'default') ?? 'default'

/** The address that was given: one, under one of three names. */
function addressOf({ values, origins }: Resolved, problems: string[]): string {
  const { redisCluster, redisSentinel, redisUrl } = values
  const given = PLACES.map((key) => origins[key]).filter((origin) => origin !== 'default')
  if (given.length > 1) problems.push(`${given.join(' and ')} each say where Redis is; keep one of them`)
  return redisCluster ?? redisSentinel ?? redisUrl
}

type Part = 'redisUsername' | 'redisPassword' | 'redisDb'

/** Puts the URL and the separate user, password, database and certificates together. */
export function redisTarget(resolved: Resolved, problems: string[]): RedisTarget {
  const { values, origins } = resolved
  let text = addressOf(resolved, problems)
  const tls = tlsOf(values)
  if (tls !== undefined) text = text.replace(/^redis(-cluster|-sentinel)?:/, 'rediss$1:')
  const url = parseRedisUrl(text)
  if (url === undefined) return { url: text } // its option has said so
  const isDefault = addressOrigin(resolved) === 'default'
  const both = (part: Part, inUrl: string | number | undefined): void => {
    const alone = values[part]
    if (alone === undefined || isDefault || inUrl === undefined || inUrl === alone) return
    problems.push(`${addressOrigin(resolved)} and ${origins[part]} are one option with two values; keep one of them`)
  }
  both('redisUsername', url.username)
  both('redisPassword', url.password)
  if (url.mode === 'cluster') {
    if (values.redisDb !== undefined && values.redisDb !== 0)
      problems.push(`${origins.redisDb}: a cluster has no databases; leave it out, and use another --namespace`)
  } else {
    both('redisDb', url.db)
    if (values.redisDb !== undefined) text = withDatabase(text, values.redisDb)
  }
  if ((values.redisPassword ?? url.password) !== undefined && !values.allowPlaintext && !isPrivate(url))
    problems.push(
      `the password of Redis would cross the network in the clear: use TLS (rediss:// or --redis-tls-ca), or say --allow-plaintext if nobody can listen there`,
    )
  return {
    url: text,
    ...(values.redisUsername === undefined ? {} : { username: values.redisUsername }),
    ...(values.redisPassword === undefined ? {} : { password: values.redisPassword }),
    ...(values.redisSentinelPassword === undefined ? {} : { sentinelPassword: values.redisSentinelPassword }),
    ...(tls === undefined ? {} : { tls }),
  }
}
