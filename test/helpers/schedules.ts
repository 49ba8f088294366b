import { Broker } from '../../src/core/broker.ts'
import { Events } from '../../src/core/events.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { Operator } from '../../src/core/operator.ts'
import type { NewSchedule } from '../../src/core/schedule-definition.ts'
import { ScheduleBook } from '../../src/core/upkeep/schedule-book.ts'
import { openQueue, type TestQueue } from './engine.ts'

export const SECOND = 1_000
/** From when on the schedules of tests have slots. */
export const START = 1_700_000_000_000
export const EVERY: NewSchedule = {
  name: 's',
  spec: '@every 1s',
  start: START,
  type: 'mail',
  queue: 'q',
  missed: 'all',
}

/** So many slots of it, from the first on. */
export const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i * SECOND)

/** The schedule `s` in a namespace of its own, by hand: nothing fires unless a test does. */
export class ScheduleBench {
  readonly q: TestQueue
  readonly broker: Broker
  readonly operator: Operator
  readonly book: ScheduleBook
  /** Slots that passed, as `s missed 3`. */
  readonly passed: string[] = []

  constructor(q: TestQueue) {
    const { redis, namespace } = q
    this.q = q
    this.broker = new Broker(redis, { namespace })
    this.operator = new Operator(this.broker, redis, namespace, 'ann')
    const events = new Events()
    events.on('schedule.passed', ({ name, why, count }) => void this.passed.push(`${name} ${why} ${count}`))
    const tell = (): void => {}
    const log = { info: tell, warn: tell, error: tell }
    this.book = new ScheduleBook({ redis, namespace, broker: this.broker, events, log })
  }

  async cursorOf(queue: string): Promise<number | undefined> {
    const slot = await this.q.raw.zscore(queueKeys(this.q.namespace, queue, 'x').cursors, 's')
    return slot === null ? undefined : Number(slot)
  }

  async nowMs(): Promise<number> {
    const [seconds, micros] = (await this.q.redis.call('TIME')) as [string, string]
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  }

  /** As if nobody had fired for so many seconds. @returns the oldest slot that is due. */
  async fallBehind(seconds: number, queue = 'q'): Promise<number> {
    const oldest = (await this.cursorOf(queue))! - seconds * SECOND
    await this.q.raw.zadd(queueKeys(this.q.namespace, queue, 'x').cursors, oldest, 's')
    return oldest
  }

  /** Fires what is due in a queue, as a scheduler does. */
  async fire(queue = 'q'): Promise<void> {
    const [cursor, now] = [await this.cursorOf(queue), await this.nowMs()]
    if (cursor !== undefined && cursor <= now) await this.book.fire(queue, 's', cursor, now)
  }

  /** Fires until nothing is due in a queue. */
  async fireAll(queue = 'q'): Promise<void> {
    while (((await this.cursorOf(queue)) ?? Infinity) <= (await this.nowMs())) await this.fire(queue)
  }

  /** Slots whose tasks are in line, in order, of all these queues. */
  async firedIn(...queues: string[]): Promise<number[]> {
    const { raw, namespace } = this.q
    const lines = queues.map((queue) => raw.lrange(queueKeys(namespace, queue, 'x').pending_default, 0, -1))
    const slots = (await Promise.all(lines)).flat().map((id) => Number(id.replace(/^s:t?/, '')))
    return slots.toSorted((a, b) => a - b)
  }
}

export const openSchedules = async (): Promise<ScheduleBench> => new ScheduleBench(await openQueue())
