import type { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import type { RedisClient } from '../redis.ts'
import type { Component } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'

export interface ReaperOptions {
  readonly redis: RedisClient
  readonly broker: Broker
  readonly events: Events
  readonly log: Tell
  readonly queues: QueueSet
  readonly intervalMs: number
  readonly leaseMs: number
  readonly resultTtlMs: number
}

/** Of one call; a full one means that there may be more. */
const FULL = 100

/** Takes back the tasks of workers that went silent. */
export class Reaper implements Component {
  readonly name = 'reaper'
  readonly #options: ReaperOptions
  readonly #loop: Loop
  readonly #intervalMs: number

  constructor(options: ReaperOptions) {
    this.#options = options
    // After a gap of half a lease a sweep holds back, since Redis may have been away: sweeps have to be closer than that.
    this.#intervalMs = Math.min(options.intervalMs, options.leaseMs / 4)
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#sweepAll() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #sweepAll(): Promise<number> {
    const more = await Promise.all(this.#options.queues.names.map((queue) => this.#sweep(queue)))
    return more.includes(true) ? 0 : this.#intervalMs * (0.8 + Math.random() * 0.2)
  }

  /** @returns whether there may be more to take back. */
  async #sweep(queue: string): Promise<boolean> {
    const { broker, events, leaseMs, resultTtlMs } = this.#options
    const { reaped } = await broker.reap(queue, leaseMs, resultTtlMs)
    for (const { id, worker, outcome } of reaped) events.emit('reaper.reaped', { queue, id, worker, outcome })
    return reaped.length >= FULL
  }
}
