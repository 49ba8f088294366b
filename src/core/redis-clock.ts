import type { RedisClient } from './redis.ts'

/** What Redis's clock shows. */
export async function redisNowMs(redis: RedisClient): Promise<number> {
  const [seconds, micros] = (await redis.call('TIME')) as [string, string]
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
