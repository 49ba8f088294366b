import type { RedisClient } from './redis.ts'
import type { RedisInfo } from './task.ts'

type Field = (name: string) => string

const fieldsOf =
  (text: unknown): Field =>
  (name) =>
    new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(String(text))?.[1] ?? ''

const bytesLeft = (field: Field): number =>
  (Number(field('maxmemory')) || Number(field('total_system_memory')) || Infinity) - Number(field('used_memory'))

const sum = (servers: readonly Field[], name: string): number =>
  servers.reduce((total, field) => total + Number(field(name)), 0)

/** One look at the server, or at each primary of a cluster; the time it takes to tell the time is the latency. */
export async function readRedisInfo(redis: RedisClient): Promise<RedisInfo> {
  const before = Date.now()
  const started = performance.now()
  const time = (await redis.call('TIME')) as string[]
  const latencyMs = performance.now() - started
  const servers = (await redis.each('INFO')).map(fieldsOf)
  const fullest = servers.toSorted((a, b) => bytesLeft(a) - bytesLeft(b))[0]!
  const theirs = Number(time[0]) * 1_000 + Number(time[1]) / 1_000
  return {
    version: fullest('redis_version'),
    usedMemoryBytes: Number(fullest('used_memory')),
    maxMemoryBytes: Number(fullest('maxmemory')),
    evictedKeys: sum(servers, 'evicted_keys'),
    connectedClients: sum(servers, 'connected_clients'),
    evictionPolicy: fullest('maxmemory_policy'),
    latencyMs,
    clockSkewMs: Math.round(theirs - (before + latencyMs / 2)),
  }
}
