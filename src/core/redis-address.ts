import { DqError } from './errors.ts'

export interface RedisAddress {
  /** `redis://`, `rediss://` or `unix:///path/to/socket`; user, password and database may be part of it. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export interface Target {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly db: number
  readonly username?: string
  readonly password?: string
  readonly tls?: Record<string, never>
}

/** Where to connect, and its address for messages. @throws DqError `invalid_input` */
export function parseAddress(options: RedisAddress): { settings: Target; address: string } {
  let url: URL
  try {
    url = new URL(options.url)
  } catch (cause) {
    throw new DqError(
      'invalid_input',
      `'${options.url.replace(/:[^:@/]*@/, ':***@')}' is no Redis address; write redis://host:port/db or unix:///path`,
      { cause },
    )
  }
  if (!['redis:', 'rediss:', 'unix:'].includes(url.protocol))
    throw new DqError(
      'invalid_input',
      `${url.protocol}// is no Redis address; write redis://host:port/db or unix:///path`,
    )
  const username = (options.username ?? decodeURIComponent(url.username)) || undefined
  const password = (options.password ?? decodeURIComponent(url.password)) || undefined
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }
  if (url.protocol === 'unix:') {
    const db = Number(url.searchParams.get('db') ?? 0)
    return { settings: { path: decodeURIComponent(url.pathname), db, ...credentials }, address: url.pathname }
  }
  const port = Number(url.port || 6379)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1'
  const db = Number(url.pathname.slice(1) || 0)
  if (!Number.isInteger(db))
    throw new DqError('invalid_input', `'${url.pathname.slice(1)}' is no Redis database number`)
  const tls = url.protocol === 'rediss:' ? { tls: {} } : {}
  return { settings: { host, port, db, ...credentials, ...tls }, address: `${url.hostname}:${port}` }
}
