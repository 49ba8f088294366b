import type { Resolved } from './resolve.ts'

/** How to reach Redis: what `openRedis` takes. */
export interface RedisTarget {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** A Redis URL for messages: without its password. */
export function maskUrl(text: string): string {
  const url = new URL(text)
  if (url.password !== '') url.password = '***'
  return url.href
}

const databaseOf = (url: URL): string =>
  url.protocol === 'unix:' ? (url.searchParams.get('db') ?? '') : url.pathname.slice(1)

function withDatabase(url: URL, db: number): URL {
  if (url.protocol === 'unix:') url.searchParams.set('db', String(db))
  else url.pathname = `/${db}`
  return url
}

type Part = 'redisUsername' | 'redisPassword' | 'redisDb'

/** Puts the URL and the separate user, password and database together. */
export function redisTarget({ values, origins }: Resolved, problems: string[]): RedisTarget {
  let url = new URL(values.redisUrl)
  const isDefault = origins.redisUrl === 'default'
  const both = (part: Part, inUrl: string): void => {
    const alone = values[part]
    if (alone === undefined || isDefault || inUrl === '' || inUrl === String(alone)) return
    problems.push(`${origins.redisUrl} and ${origins[part]} are one option with two values; keep one of them`)
  }
  both('redisUsername', decodeURIComponent(url.username))
  both('redisPassword', decodeURIComponent(url.password))
  both('redisDb', databaseOf(url))
  if (values.redisDb !== undefined) url = withDatabase(url, values.redisDb)
  return {
    url: url.href,
    ...(values.redisUsername === undefined ? {} : { username: values.redisUsername }),
    ...(values.redisPassword === undefined ? {} : { password: values.redisPassword }),
  }
}
