import { globalKeys } from '../keys.ts'
import { declareQueues } from '../queues.ts'
import type { RedisClient } from '../redis.ts'
import type { Component, Turns } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'

const LOOK_EVERY_MS = 10_000

/** Every queue of the namespace: those of the configuration at once, others soon after their first task. */
export class QueueSet implements Component {
  readonly name = 'queues'
  readonly #loop: Loop
  readonly #redis: RedisClient
  readonly #namespace: string
  readonly #key: string
  readonly #names: Set<string>
  readonly #listeners: ((queue: string) => void)[] = []
  #told = false

  constructor(redis: RedisClient, namespace: string, configured: readonly string[], log: Tell) {
    this.#redis = redis
    this.#namespace = namespace
    this.#key = globalKeys(namespace).queues
    this.#names = new Set(configured)
    this.#loop = new Loop({ name: this.name, redis, log, body: () => this.#look() })
  }

  get names(): readonly string[] {
    return [...this.#names]
  }

  /** Called for every queue there is and will be. */
  onQueue(listener: (queue: string) => void): void {
    this.#listeners.push(listener)
    for (const queue of this.#names) listener(queue)
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  readonly turns = (): Turns => this.#loop.turns()

  async #look(): Promise<number> {
    if (!this.#told) await declareQueues(this.#redis, this.#namespace, this.names)
    this.#told = true
    const known = (await this.#redis.call('SMEMBERS', this.#key)) as string[]
    for (const queue of known) {
      if (this.#names.has(queue)) continue
      this.#names.add(queue)
      for (const listener of this.#listeners) listener(queue)
    }
    return LOOK_EVERY_MS
  }
}
