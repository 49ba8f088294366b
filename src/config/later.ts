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
  { flag: 'api-keys-file', env: 'DQ_API_KEYS_FILE', instead: 'use API_KEY' },
  { flag: 'schedules', instead: 'use POST /v1/schedules or dq schedule add' },
  { flag: 'limits', instead: 'remove it' },
  { flag: 'handler-settings', instead: 'remove it' },
]
