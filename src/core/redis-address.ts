import { readFileSync } from 'node:fs'
import { DqError, messageOf } from './errors.ts'
import { type Host, hostsText, hostText, maskUrl, parseRedisUrl, type RedisUrl, URL_SHAPES } from './redis-url.ts'

/** Files of PEM for a connection with TLS. Without `ca` the certificates of the system are trusted. */
export interface TlsFiles {
  readonly caFile?: string | undefined
  /** Of this program, where the server wants to know who asks. */
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  /** The name in the server's certificate, when it is not the one that is connected to. */
  readonly servername?: string | undefined
}

export interface RedisAddress {
  /**
   * `redis://host:port/db`, `unix:///path/to/socket`, `redis-cluster://host:port,host:port` or
   * `redis-sentinel://host:port,host:port/primary/db`; `rediss…` for TLS. User and password may be part of it.
   */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Of the Sentinels, when they ask for one. */
  readonly sentinelPassword?: string | undefined
  readonly tls?: TlsFiles | undefined
}

interface TlsSettings {
  ca?: string
  cert?: string
  key?: string
  servername?: string
}

/** What ioredis takes for one connection. */
export interface Target {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly sentinels?: Host[]
  readonly name?: string
  readonly sentinelPassword?: string
  readonly db: number
  readonly username?: string
  readonly password?: string
  readonly tls?: TlsSettings
  readonly sentinelTLS?: TlsSettings
  readonly enableTLSForSentinelMode?: boolean
}

/** @throws DqError `invalid_input` */
export function readAddress({ url: text }: RedisAddress): RedisUrl {
  const url = parseRedisUrl(text)
  if (url !== undefined) return url
  throw new DqError('invalid_input', `'${maskUrl(text)}' is no Redis address; write ${URL_SHAPES}`)
}

const FILES = { caFile: 'ca', certFile: 'cert', keyFile: 'key' } as const

function tlsOf(files: TlsFiles): TlsSettings {
  const settings: TlsSettings = files.servername === undefined ? {} : { servername: files.servername }
  for (const [option, name] of Object.entries(FILES) as ['caFile', 'ca'][]) {
    const file = files[option]
    if (file === undefined) continue
    try {
      settings[name] = readFileSync(file, 'utf8')
    } catch (cause) {
      throw new DqError('invalid_input', `cannot read the ${name} of TLS, ${file}: ${messageOf(cause)}`, { cause })
    }
  }
  return settings
}

/** Where one connection goes, and its address for messages. @throws DqError `invalid_input` */
export function targetOf(options: RedisAddress): { settings: Target; address: string } {
  const url = readAddress(options)
  const { username = url.username, password = url.password, sentinelPassword } = options
  const tls = url.tls ? tlsOf(options.tls ?? {}) : undefined
  const shared = {
    db: ('db' in url ? url.db : undefined) ?? 0,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  }
  if (url.mode === 'socket') return { settings: { path: url.path, ...shared }, address: url.path }
  if (url.mode === 'server') return { settings: { ...url.hosts[0], ...shared }, address: hostText(url.hosts[0]) }
  if (url.mode === 'cluster') throw new DqError('invalid_input', 'a cluster is more than one connection')
  const settings = {
    sentinels: [...url.hosts],
    name: url.primary,
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    ...shared,
  }
  return { settings, address: `${url.primary} of ${hostsText(url.hosts)}` }
}
