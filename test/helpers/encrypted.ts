import type { EncryptionOptions } from '../../src/core/encryption/keyring.ts'
import type { RedisClient } from '../../src/core/redis.ts'

/** Keys of 32 bytes, each of one digit. */
export const KEYS = { k1: Buffer.alloc(32, 1).toString('base64'), k2: Buffer.alloc(32, 2).toString('base64') }

export const withKey = (current: keyof typeof KEYS, ...others: (keyof typeof KEYS)[]): EncryptionOptions => ({
  current,
  keys: Object.fromEntries([current, ...others].map((kid) => [kid, KEYS[kid]])),
})

/** Stands in every payload, result and error of these tests, and nowhere else. */
export const SECRET = 'XyZZy-4711-plaintext'

const READS: Readonly<Record<string, (key: string) => readonly [string, ...(string | number)[]]>> = {
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, 0, -1],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, 0, -1, 'WITHSCORES'],
  stream: (key) => ['XRANGE', key, '-', '+'],
  string: (key) => ['GET', key],
}

/** Everything that an installation keeps in Redis, as one text: names of keys, fields and values. */
export async function allThatIsStored(redis: RedisClient, namespace: string): Promise<string> {
  const keys = (await redis.call('KEYS', `*${namespace}*`)) as string[]
  const parts: unknown[] = []
  for (const key of keys) {
    const type = (await redis.call('TYPE', key)) as string
    const [command, ...args] = READS[type]!(key)
    parts.push(key, await redis.call(command, ...args))
  }
  return parts.flat(Infinity as 1).join('\n')
}
