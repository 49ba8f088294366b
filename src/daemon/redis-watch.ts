import type { Events } from '../core/events.ts'
import type { RedisClient } from '../core/redis.ts'
import { linkOf } from '../core/upkeep/redis-link.ts'

/** Tells of each loss and return of Redis. @returns call it to stop. */
export function watchRedis(redis: RedisClient, events: Events): () => void {
  const { address } = redis
  return linkOf(redis).onState((state, error) => {
    if (state === 'up') events.emit('redis.up', { address })
    else events.emit('redis.down', { address, error })
  })
}
