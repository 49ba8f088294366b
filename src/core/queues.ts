import { globalKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

/** Tells everybody that a queue exists, once per process and queue. */
export class QueueRegistry {
  readonly #redis: RedisClient
  readonly #key: string
  readonly #told = new Map<string, Promise<unknown>>()

  constructor(redis: RedisClient, namespace: string) {
    this.#redis = redis
    this.#key = globalKeys(namespace).queues
  }

  async register(queue: string): Promise<void> {
    let told = this.#told.get(queue)
    if (told === undefined) {
      told = this.#redis.call('SADD', this.#key, queue)
      this.#told.set(queue, told)
      told.catch(() => this.#told.delete(queue))
    }
    await told
  }
}
