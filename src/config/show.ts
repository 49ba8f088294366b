import { addressText } from './address.ts'
import type { Config } from './load.ts'
import { maskUrl } from './redis-target.ts'
import { OPTION_KEYS, type OptionKey, ROWS } from './rows.ts'

const MASK = '********'

const text = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(text).join(',') || '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Values that are not shown as they are kept. */
const SHOWN: { readonly [K in OptionKey]?: (value: Config[K]) => string } = {
  redisUrl: maskUrl,
  redisCluster: (hosts) => (hosts === undefined ? '-' : maskUrl(hosts)),
  redisSentinel: (hosts) => (hosts === undefined ? '-' : maskUrl(hosts)),
  apiAddr: addressText,
  metricsAddr: addressText,
  queues: (queues) => queues.map(({ name, weight }) => (weight === 1 ? name : `${name}:${weight}`)).join(','),
  demoSleepMs: (ms) => `${ms} ms`,
}

function shown(config: Config, key: OptionKey): string {
  const value: unknown = config[key]
  if (value === undefined) return '-'
  const own = SHOWN[key] as ((value: unknown) => string) | undefined
  if (own) return own(value)
  if (ROWS[key].secret) return MASK
  return typeof value === 'number' && key.endsWith('Ms') ? `${value / 1_000} s` : text(value)
}

export interface ShownOption {
  readonly option: string
  readonly value: string
  readonly origin: string
}

/** Every effective value and where it comes from, secrets masked. */
export function showConfig(config: Config): ShownOption[] {
  return OPTION_KEYS.map((key) => {
    const { flag, env } = ROWS[key]
    return { option: flag ?? env, value: shown(config, key), origin: config.origins[key] }
  })
}
