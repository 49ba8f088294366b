import type { Events } from '../core/events.ts'
import type { RedisClient } from '../core/redis.ts'
import { redisError } from '../core/redis-errors.ts'
import { linkOf } from '../core/upkeep/redis-link.ts'
import type { Log } from './log.ts'

const REMIND_MS = 60_000

/**
 * Tells of each loss and return of Redis. Credentials that are refused while the daemon runs are told loudly and again every
 * minute: only a person mends them, on the side of Redis or with a restart, and until then nothing can be settled.
 * @returns call it to stop.
 */
export function watchRedis(redis: RedisClient, events: Events, log: Pick<Log, 'error'>): () => void {
  const { address } = redis
  let toldAtMs = -Infinity
  const offs = [
    linkOf(redis).onState((state, error) => {
      if (state === 'up') events.emit('redis.up', { address })
      else events.emit('redis.down', { address, error })
    }),
    redis.onState((state, error) => {
      if (state === 'up') toldAtMs = -Infinity
      const refused = error === undefined ? undefined : redisError(error, address)
      if (state === 'up' || refused?.code !== 'credentials' || performance.now() - toldAtMs < REMIND_MS) return
      toldAtMs = performance.now()
      log.error('redis.refused', `${refused.message}; trying again slowly, nothing can be claimed or settled meanwhile`)
    }),
  ]
  return () => offs.forEach((off) => off())
}
