import type { Broker } from '../broker.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import { globalKeys, type GlobalKeys } from '../keys.ts'
import { DEFAULTS } from '../limits.ts'
import { prepareTask } from '../options.ts'
import type { RedisClient } from '../redis.ts'
import { nextRunMs } from '../schedule.ts'
import { decodeSchedule, type ScheduleDefinition } from '../schedules.ts'
import type { Inspector } from '../inspector.ts'
import type { NewTask } from '../verbs.ts'
import type { Component } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'

export interface ScheduleBookOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly inspector: Inspector
  readonly events: Events
  readonly log: Tell
}

const LOOK_EVERY_MS = 30_000
/** Who changes cursors, for the audit. */
const BY = 'scheduler'

/** The task of one slot: its id is made of both, so that two daemons make the same one. */
function taskOf(schedule: ScheduleDefinition, slotMs: number): NewTask {
  const { name, type, queue, priority, payload } = schedule
  const context = { nextId: () => '', nowMs: slotMs, idempotencyTtlMs: DEFAULTS.idempotencyTtlMs }
  return prepareTask(type, payload, { id: `${name}:${slotMs}`, queue, priority }, {}, context).task
}

const nextOf = ({ spec, timeZone, createdAtMs }: ScheduleDefinition, afterMs: number): number =>
  nextRunMs(spec, { afterMs, timeZone, anchorMs: createdAtMs })

/** Knows the recurring schedules: fires what is due, and gives a cursor to those that have none. */
export class ScheduleBook implements Component {
  readonly name = 'schedules'
  readonly #options: ScheduleBookOptions
  readonly #keys: GlobalKeys
  readonly #loop: Loop

  constructor(options: ScheduleBookOptions) {
    this.#options = options
    this.#keys = globalKeys(options.namespace)
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#setCursors() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /**
   * Fires one slot, unless another daemon did. Slots missed meanwhile are one: the next one lies after now.
   * A schedule that cannot fire loses its cursor, and is tried again when the definitions are looked at next.
   */
  async fire(queue: string, name: string, slotMs: number, nowMs: number): Promise<void> {
    const { redis, broker, events, log } = this.#options
    const text = await redis.call('HGET', this.#keys.schedules, name)
    const schedule = typeof text === 'string' ? decodeSchedule(name, text) : undefined
    if (schedule === undefined || schedule.queue !== queue) {
      await broker.unschedule(queue, name, BY)
      return
    }
    let slot: { task: NewTask; nextMs: number }
    try {
      slot = { task: taskOf(schedule, slotMs), nextMs: nextOf(schedule, Math.max(nowMs, slotMs)) }
    } catch (error) {
      log.error('schedule.refused', `schedule ${name} cannot fire: ${messageOf(error)}`, { schedule: name, queue })
      await broker.unschedule(queue, name, BY)
      return
    }
    const word = await broker.fire(queue, name, { expectedMs: slotMs, nextMs: slot.nextMs }, slot.task)
    if (word === 'fired') events.emit('schedule.fired', { name, queue, id: slot.task.id })
  }

  async #setCursors(): Promise<number> {
    const { inspector, broker, log } = this.#options
    for (const schedule of await inspector.schedules()) {
      if (schedule.nextRunAtMs !== undefined) continue
      try {
        const nextMs = nextOf(schedule, Date.now())
        await broker.fire(schedule.queue, schedule.name, { expectedMs: undefined, nextMs }, taskOf(schedule, nextMs))
      } catch (error) {
        log.error('schedule.refused', `schedule ${schedule.name} has no next run: ${messageOf(error)}`, {
          schedule: schedule.name,
        })
      }
    }
    return LOOK_EVERY_MS
  }
}
