import type { Broker } from '../broker.ts'
import type { RedisClient } from '../redis.ts'
import type { Component } from './component.ts'
import type { Tell } from './tell.ts'
import { eachQueue } from './each-queue.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'

const EVERY_MS = 30_000

/** Ends what is kept beyond its time: trash, records of finished tasks, remembered ids. */
export class Janitor implements Component {
  readonly name = 'janitor'
  readonly #loop: Loop

  constructor(options: { redis: RedisClient; broker: Broker; log: Tell; queues: QueueSet; resultMax: number }) {
    const { broker, queues, resultMax } = options
    const body = async (): Promise<number> => {
      await eachQueue(queues.names, (queue) => broker.limits.unstick(queue))
      const more = await eachQueue(queues.names, async (queue) => (await broker.sweep(queue, resultMax)).more)
      return more.includes(true) ? 0 : EVERY_MS * (0.8 + Math.random() * 0.4)
    }
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }
}
