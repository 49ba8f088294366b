import { messageOf } from '../errors.ts'
import type { Inspector } from '../inspector.ts'
import { Operations } from '../operations.ts'
import type { RedisClient } from '../redis.ts'
import type { Component, Turns } from './component.ts'
import { eachQueue } from './each-queue.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'
import type { Tell } from './tell.ts'

export interface OperationsDriverOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly inspector: Inspector
  readonly log: Tell
  readonly queues: QueueSet
}

/** Between two looks for operations that somebody else began and left. */
const EVERY_MS = 5_000
/** Of one turn, so that many operations get on side by side. */
const STEPS_MOST = 20

/** Drives bulk operations on, whoever began them and whether or not they are still there. */
export class OperationsDriver implements Component {
  readonly name = 'operations'
  readonly #options: OperationsDriverOptions
  readonly #operations: Operations
  readonly #loop: Loop

  constructor(options: OperationsDriverOptions) {
    this.#options = options
    this.#operations = new Operations({ ...options, by: 'driver' })
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#turn() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  readonly turns = (): Turns => this.#loop.turns()

  async #turn(): Promise<number> {
    const waits = await eachQueue(this.#options.queues.names, async (queue) => {
      if (!(await this.#operations.isAnyRunning(queue))) return EVERY_MS
      let waitMs = EVERY_MS
      for (const { id, state } of await this.#operations.list(queue))
        if (state === 'running') waitMs = Math.min(waitMs, await this.#drive(queue, id))
      return waitMs
    })
    return Math.min(EVERY_MS, ...waits)
  }

  /** @returns when to come again, ms. */
  async #drive(queue: string, id: string): Promise<number> {
    try {
      for (let step = 0; step < STEPS_MOST; step++) {
        const { waitMs } = await this.#operations.step(queue, id)
        if (waitMs === undefined) return EVERY_MS
        if (waitMs > 0) return waitMs
      }
      return 0
    } catch (error) {
      // Another operation of the queue may be sound.
      this.#options.log.warn('operation.failed', `operation ${id} of ${queue} does not get on: ${messageOf(error)}`, {
        queue,
        operation: id,
      })
      return EVERY_MS
    }
  }
}
