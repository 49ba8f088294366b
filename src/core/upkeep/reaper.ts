import type { Broker } from '../broker.ts'
import { decodeEnvelope } from '../envelope.ts'
import type { Events, TaskEvent } from '../events.ts'
import { queueKeys } from '../keys.ts'
import { decodeCounts } from '../records.ts'
import type { RedisClient } from '../redis.ts'
import { traceIdOf } from '../traceparent.ts'
import type { Reaped } from '../verbs.ts'
import type { Component, Turns } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'
import { QueueLoops } from './queue-loops.ts'
import type { QueueSet } from './queue-set.ts'

export interface ReaperOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly events: Events
  readonly log: Tell
  readonly queues: QueueSet
  readonly intervalMs: number
  readonly leaseMs: number
  readonly resultTtlMs: number
}

/** Takes back the tasks of workers that went silent. */
export class Reaper implements Component {
  readonly name = 'reaper'
  readonly #options: ReaperOptions
  readonly #loops: QueueLoops
  readonly #intervalMs: number

  constructor(options: ReaperOptions) {
    this.#options = options
    // After a gap of half a lease a sweep holds back, since Redis may have been away: sweeps have to be closer than that.
    this.#intervalMs = Math.min(options.intervalMs, options.leaseMs / 4)
    const { redis, log, queues } = options
    this.#loops = new QueueLoops(
      this.name,
      queues,
      (queue) => new Loop({ name: `reaper of ${queue}`, redis, log, body: () => this.#sweep(queue) }),
    )
  }

  start(): Promise<void> {
    return this.#loops.start()
  }

  stop(): Promise<void> {
    return this.#loops.stop()
  }

  readonly turns = (): Turns => this.#loops.turns()

  async #sweep(queue: string): Promise<number> {
    const { broker, events, leaseMs, resultTtlMs } = this.#options
    const { reaped } = await broker.reap(queue, leaseMs, resultTtlMs)
    if (reaped.length > 0 && events.has('reaper.reaped')) {
      // Said without, should Redis have gone meanwhile.
      const known = await this.#tasksOf(queue, reaped).catch(() => [])
      for (const [i, one] of reaped.entries()) events.emit('reaper.reaped', { ...known[i], ...one, queue })
    }
    // One call takes back only so much: there may be more.
    return reaped.length > 0 ? 0 : this.#intervalMs * (0.8 + Math.random() * 0.2)
  }

  /** Of each what is still known: another worker may have run it meanwhile. */
  async #tasksOf(queue: string, reaped: readonly Reaped[]): Promise<Partial<TaskEvent>[]> {
    const { redis, namespace } = this.#options
    const { tasks, attempts } = queueKeys(namespace, queue, this.name)
    const ids = reaped.map(({ id }) => id)
    const [texts, counts] = (await redis.batch([
      ['HMGET', tasks, ...ids],
      ['HMGET', attempts, ...ids],
    ])) as (string | null)[][]
    return ids.map((_, i) => {
      const [text, count] = [texts![i], counts![i]]
      if (typeof text !== 'string') return {}
      const { type, traceparent } = decodeEnvelope(text)
      return { type, attempt: decodeCounts(count).runs, traceId: traceIdOf(traceparent) }
    })
  }
}
