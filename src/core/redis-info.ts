import type { RedisClient } from './redis.ts'
import type { RedisInfo } from './task.ts'

/** A field of INFO; empty when the server does not tell. */
export type Info = (field: string) => string

/** What INFO says of the server, or of each primary of a cluster. */
export async function readInfos(redis: RedisClient): Promise<Info[]> {
  const texts = await redis.each('INFO')
  return texts.map((text) => (name) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(String(text))?.[1] ?? '')
}

const bytesLeft = (field: Info): number =>
  (Number(field('maxmemory')) || Number(field('total_system_memory')) || Infinity) - Number(field('used_memory'))

const sum = (servers: readonly Info[], name: string): number =>
  servers.reduce((total, field) => total + Number(field(name)), 0)

/** One look at the server, or at each primary of a cluster; the time it takes to tell the time is the latency. */
export async function readRedisInfo(redis: RedisClient): Promise<RedisInfo> {
  const before = Date.now()
  const started = performance.now()
  const time = (await redis.call('TIME')) as string[]
  const latencyMs = performance.now() - started
  const servers = await readInfos(redis)
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
