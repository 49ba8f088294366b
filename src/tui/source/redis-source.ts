import { Client } from '../../core/client.ts'
import { type RedisOptions, type RedisClient, openRedis } from '../../core/redis.ts'
import type { ConsoleSource } from './source.ts'

export interface RedisSourceOptions {
  readonly redis: RedisOptions
  readonly namespace: string
  /** Who changes things, for the audit. */
  readonly by: string
}

/** A real Redis behind the console. Connects in the background, and again whenever the connection is lost. */
export function openSource({ redis: options, namespace, by }: RedisSourceOptions): ConsoleSource {
  const redis: RedisClient = openRedis({ ...options, name: 'dq-top' })
  const client = new Client({ redis, namespace, by })
  return {
    address: redis.address,
    namespace,
    reads: client.inspector,
    changes: client.operator,
    ready: (timeoutMs) => (redis.isUp ? Promise.resolve() : redis.ready(timeoutMs)),
    onUp: (listener) => {
      redis.onState((state) => {
        if (state === 'up') listener()
      })
    },
    close: async () => {
      await client.close()
      // A connection that is down has nothing to say goodbye to.
      if (redis.isUp) await redis.close()
      else redis.drop()
    },
  }
}
