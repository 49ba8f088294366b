/** One machine of an address. */
export interface Host {
  readonly host: string
  readonly port: number
}

interface Shared {
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
}

/** An address of Redis, taken apart. Undefined databases are 0. */
export type RedisUrl =
  | (Shared & { readonly mode: 'server'; readonly hosts: readonly [Host]; readonly db: number | undefined })
  | (Shared & { readonly mode: 'socket'; readonly path: string; readonly db: number | undefined })
  /** Nodes to ask for all others. */
  | (Shared & { readonly mode: 'cluster'; readonly hosts: readonly Host[] })
  /** Sentinels that know where the primary is. */
  | (Shared & {
      readonly mode: 'sentinel'
      readonly hosts: readonly Host[]
      readonly primary: string
      readonly db: number | undefined
    })

export const URL_SHAPES =
  'redis://host:port/db, unix:///path/to/socket, redis-cluster://host:port,host:port or redis-sentinel://host:port,host:port/primary; rediss… for TLS'

const SHAPE = /^(redis|redis-cluster|redis-sentinel|rediss|rediss-cluster|rediss-sentinel|unix):\/\/(?:(.*)@)?([^@]*)$/s
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/?#]*)(?::(\d{1,5}))?$/
const DEFAULT_PORT = { server: 6379, cluster: 6379, sentinel: 26_379 } as const

export function hostOf(text: string, defaultPort: number): Host | undefined {
  const [, name, port] = HOST.exec(text) ?? []
  if (name === undefined || Number(port ?? defaultPort) > 65_535) return undefined
  return { host: name.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port: Number(port ?? defaultPort) }
}

export const hostText = ({ host, port }: Host): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** For messages: the first and how many more. */
export const hostsText = ([first, ...others]: readonly Host[]): string =>
  `${first === undefined ? '' : hostText(first)}${others.length > 0 ? ` and ${others.length} more` : ''}`

/** `0`, `/0` or nothing. */
function databaseOf(text: string): number | undefined | 'no number' {
  if (text === '') return undefined
  return /^\d{1,5}$/.test(text) ? Number(text) : 'no number'
}

function shared(scheme: string, credentials: string | undefined): Shared {
  const [name = '', ...rest] = (credentials ?? '').split(':')
  return {
    tls: scheme.startsWith('rediss'),
    username: decodeURIComponent(name) || undefined,
    password: decodeURIComponent(rest.join(':')) || undefined,
  }
}

function parse(text: string): RedisUrl | undefined {
  const [, scheme = '', credentials, rest] = SHAPE.exec(text) ?? []
  if (rest === undefined) return undefined
  const [, authority = '', path = '', query] = /^([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(rest) ?? []
  const parts = path.slice(1).split('/')
  if (scheme === 'unix') {
    const db = databaseOf(new URLSearchParams(query).get('db') ?? '')
    if (path.length < 2 || authority !== '' || db === 'no number') return undefined
    return { ...shared(scheme, credentials), mode: 'socket', path: decodeURIComponent(path), db }
  }
  const mode = scheme.endsWith('-cluster') ? 'cluster' : scheme.endsWith('-sentinel') ? 'sentinel' : 'server'
  const primary = mode === 'sentinel' ? decodeURIComponent(parts.shift() ?? '') || 'mymaster' : ''
  const names = authority.split(',')
  if (names.length > 1 && names.includes('')) return undefined // a comma too many is not this machine
  const hosts = names.map((one) => hostOf(one, DEFAULT_PORT[mode]))
  const db = databaseOf(parts.join('/'))
  if (hosts.includes(undefined) || db === 'no number' || (query !== undefined && query !== '')) return undefined
  const known = hosts as Host[]
  if (mode === 'cluster') return db ? undefined : { ...shared(scheme, credentials), mode, hosts: known }
  if (mode === 'sentinel') return { ...shared(scheme, credentials), mode, hosts: known, primary, db }
  return known.length > 1 ? undefined : { ...shared(scheme, credentials), mode, hosts: [known[0]!], db }
}

/** Undefined for what is none of `URL_SHAPES`. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  try {
    return parse(text.trim())
  } catch (error) {
    if (error instanceof URIError) return undefined // a % that begins nothing
    throw error
  }
}

/** For messages: without its password, whatever else is wrong with it. */
export const maskUrl = (text: string): string => text.replace(/^((?:[^:@/]*:\/\/)?[^:@/]*):.*@/s, '$1:***@')

/** The same address with another database. */
export function withDatabase(text: string, db: number): string {
  const url = parseRedisUrl(text)
  if (url?.mode === 'socket') return `${text.replace(/\?[^?@]*$/, '')}?db=${db}`
  const hosts = text.replace(/^([a-z-]+:\/\/(?:.*@)?[^@/?]*).*$/s, '$1')
  return url?.mode === 'sentinel' ? `${hosts}/${encodeURIComponent(url.primary)}/${db}` : `${hosts}/${db}`
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|0:0:0:0:0:0:0:1)$/

/** Whether nobody on a network can listen in. */
export const isPrivate = (url: RedisUrl): boolean =>
  url.tls || url.mode === 'socket' || url.hosts.every(({ host }) => LOOPBACK.test(host))
