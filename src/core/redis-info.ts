import type { RedisClient } from './redis.ts'
import type { RedisInfo } from './task.ts'

/** One look at the server; the time it takes is the latency. */
export async function readRedisInfo(redis: RedisClient): Promise<RedisInfo> {
  const before = Date.now()
  const started = performance.now()
  const time = (await redis.call('TIME')) as string[]
  const latencyMs = performance.now() - started
  const text = String(await redis.call('INFO'))
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1] ?? ''
  const theirs = Number(time[0]) * 1_000 + Number(time[1]) / 1_000
  return {
    version: field('redis_version'),
    usedMemoryBytes: Number(field('used_memory')),
    maxMemoryBytes: Number(field('maxmemory')),
    evictedKeys: Number(field('evicted_keys')),
    connectedClients: Number(field('connected_clients')),
    evictionPolicy: field('maxmemory_policy'),
    latencyMs,
    clockSkewMs: Math.round(theirs - (before + latencyMs / 2)),
  }
}
