/** A name that is reserved for a later version: refused, never ignored. A trailing `*` stands for any ending. */
export interface Later {
  readonly flag: string
  readonly env?: string
  readonly instead: string
  readonly connection?: true
}

const ONE_SERVER = 'use --redis-url with one server'

export const LATER: readonly Later[] = [
  { flag: 'redis-cluster', env: 'REDIS_CLUSTER', instead: ONE_SERVER, connection: true },
  { flag: 'redis-sentinel', env: 'REDIS_SENTINEL', instead: ONE_SERVER, connection: true },
  {
    flag: 'redis-tls-*',
    env: 'REDIS_TLS_*',
    instead: 'use a rediss:// URL, which trusts the certificates of the system',
    connection: true,
  },
  { flag: 'limits', instead: 'write it under queues, by queue' },
  { flag: 'handler-settings', instead: 'remove it' },
]
