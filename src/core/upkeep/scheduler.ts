import type { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import { queueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import type { Pulse } from '../verbs.ts'
import { type Component, type Turns, worstOf } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'
import type { ScheduleBook } from './schedule-book.ts'

export interface SchedulerOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly events: Events
  readonly log: Tell
  readonly queues: QueueSet
  readonly schedules: ScheduleBook
  readonly intervalMs: number
}

/** An idle queue is looked at this many times less often: what comes due sooner is told, unless nobody listens. */
const IDLE_FACTOR = 10
const DEAF_FACTOR = 5
/** Of one call; a full one means that there is more. */
const FULL = 500

interface Watched {
  readonly loop: Loop
  /** Redis's clock less ours. */
  skewMs: number
}

/** Moves tasks into line when their time has come: one loop per queue, asleep until the next due time it knows of. */
export class Scheduler implements Component {
  readonly name = 'scheduler'
  readonly #options: SchedulerOptions
  readonly #byChannel = new Map<string, Watched>()
  #ears: RedisClient | undefined
  #started = false
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    options.queues.onQueue((queue) => this.#watch(queue))
  }

  async start(): Promise<void> {
    if (this.#stopped || this.#started) return
    this.#started = true
    this.#listen()
    for (const { loop } of this.#byChannel.values()) await loop.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#ears?.drop()
    this.#ears = undefined
    await Promise.all(Array.from(this.#byChannel.values(), ({ loop }) => loop.stop()))
  }

  readonly turns = (): Turns => worstOf(Array.from(this.#byChannel.values(), ({ loop }) => loop.turns()))

  #watch(queue: string): void {
    const { redis, log, namespace } = this.#options
    const watched: Watched = {
      loop: new Loop({ name: `scheduler of ${queue}`, redis, log, body: () => this.#pulse(queue, watched) }),
      skewMs: 0,
    }
    this.#byChannel.set(queueKeys(namespace, queue, 'scheduler').wake, watched)
    if (!this.#started || this.#stopped) return
    this.#listen()
    void watched.loop.start()
  }

  /** Hears of due times that are earlier than those known. A nudge that is lost costs one interval of an idle queue. */
  #listen(): void {
    this.#ears?.drop()
    const ears = this.#options.redis.duplicate('dq-scheduler')
    this.#ears = ears
    ears.onState((state) => state === 'up' && this.#nudgeAll())
    ears
      .subscribe([...this.#byChannel.keys()], (channel, message) => this.#nudge(channel, Number(message)))
      .then(() => this.#nudgeAll()) // what was told before was not heard
      .catch((error: unknown) => {
        if (this.#ears === ears) this.#options.log.warn('scheduler.deaf', `no nudges from Redis: ${String(error)}`, {})
      })
  }

  #nudgeAll(): void {
    for (const { loop } of this.#byChannel.values()) loop.nudge()
  }

  #nudge(channel: string, dueMs: number): void {
    const watched = this.#byChannel.get(channel)
    if (watched !== undefined) watched.loop.nudge(dueMs - Date.now() - watched.skewMs)
  }

  async #pulse(queue: string, watched: Watched): Promise<number> {
    const { broker, events, schedules } = this.#options
    const pulse = await broker.promote(queue)
    watched.skewMs = pulse.nowMs - Date.now()
    if (pulse.moved > 0) events.emit('scheduler.promoted', { queue, count: pulse.moved })
    for (const { name, slotMs } of pulse.dueSchedules) await schedules.fire(queue, name, slotMs, pulse.nowMs)
    return this.#sleepMs(pulse)
  }

  #sleepMs({ moved, nowMs, nextDueMs, dueSchedules }: Pulse): number {
    if (moved >= FULL) return 0
    const { intervalMs } = this.#options
    const waitMs = nextDueMs === undefined ? Infinity : Math.max(0, nextDueMs - nowMs) + 1
    const isBusy = moved > 0 || dueSchedules.length > 0 || waitMs <= intervalMs * DEAF_FACTOR
    const idleMs = intervalMs * (this.#ears?.isUp === true ? IDLE_FACTOR : DEAF_FACTOR)
    return Math.min(waitMs, isBusy ? intervalMs : idleMs)
  }
}
