import type { Broker } from './broker.ts'
import { DqError } from './errors.ts'
import { type GlobalKeys, globalKeys, queueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import { redisNowMs } from './redis-clock.ts'
import { slotsOf } from './schedule.ts'
import { decodeRuns } from './schedule-runs.ts'
import {
  haveSameSlots,
  isTooLate,
  type Place,
  readDefinition,
  revisionOf,
  type ScheduleDefinition,
} from './schedules.ts'

export interface ScheduleKeeperOptions {
  readonly redis: RedisClient
  readonly broker: Broker
  readonly namespace: string
  /** Who does it, for the audit. */
  readonly by: string
}

/** Others may change the same schedule meanwhile; so often in a row they do not. */
const TRIES = 10

function carriedPlace(carried: string): Place {
  const runs = decodeRuns(carried)
  return { cursor: runs.carryMs === undefined ? null : String(runs.carryMs), runs }
}

/** Whether what was next stays next: where the slots stay, and for a trigger that waits, whose task is promised. */
function keepsPlace({ enabled }: ScheduleDefinition, { cursor, runs }: Place, revision: string): boolean {
  if (cursor === null) return false
  if (runs.waiting.startsWith('t')) return true
  // A cursor of an earlier version has no revision beside it.
  return enabled && (runs.revision === '' || haveSameSlots(runs.revision, revision))
}

/**
 * Brings queues in line with the definitions of schedules, which live apart from them. Every step may be repeated, by
 * anybody: whoever finds a definition that its queue does not know yet ends what the one who wrote it began.
 */
export class ScheduleKeeper {
  readonly #options: ScheduleKeeperOptions
  readonly #global: GlobalKeys

  constructor(options: ScheduleKeeperOptions) {
    this.#options = options
    this.#global = globalKeys(options.namespace)
  }

  nowMs(): Promise<number> {
    return redisNowMs(this.#options.redis)
  }

  /**
   * Puts the present definition of a schedule in force.
   * @returns it, and the revision of it; undefined when there is none.
   * @throws DqError `invalid_input` when its slots cannot be told.
   */
  async settle(name: string): Promise<{ schedule: ScheduleDefinition; revision: string } | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const place = await readDefinition(this.#options.redis, this.#global, name)
      if (place === undefined) return undefined
      // What is in force is read before the definition: that one is then at least as new.
      const found = await this.#found(place.queue, name)
      const schedule = await readDefinition(this.#options.redis, this.#global, name)
      if (schedule?.queue !== place.queue) continue
      const revision = revisionOf(schedule)
      const isSettled = await this.#putInForce(schedule, revision, found)
      if (isSettled) return { schedule, revision }
    }
    throw new DqError('conflict', `schedule ${name} is being changed by others; try again`)
  }

  async #found(queue: string, name: string): Promise<Place> {
    const keys = queueKeys(this.#options.namespace, queue, 'schedules')
    const [cursor, text] = (await this.#options.redis.batch([
      ['ZSCORE', keys.cursors, name],
      ['HGET', keys.runs, name],
    ])) as (string | null)[]
    return { cursor: cursor!, runs: decodeRuns(text) }
  }

  /** @returns false when somebody else was quicker. */
  async #putInForce(schedule: ScheduleDefinition, revision: string, found: Place): Promise<boolean> {
    const { broker, by } = this.#options
    const { name, queue } = schedule
    const from = schedule.from === queue ? undefined : schedule.from
    const was = found.runs.revision
    const nowMs = await this.nowMs()
    const isInForce = was === revision
    const isAhead = isInForce && isTooLate(schedule, found, nowMs)
    if (isInForce && !isAhead && (found.cursor !== null || !schedule.enabled)) return this.#end(from, name)
    const freshMs = schedule.enabled ? slotsOf(schedule)(nowMs) : undefined
    if (isInForce && found.cursor === null && freshMs === undefined) return this.#end(from, name)
    const carried = from === undefined ? '' : await broker.schedules.leave(from, name)
    const place = carried === '' ? found : carriedPlace(carried)
    const nextMs = !isAhead && keepsPlace(schedule, place, revision) ? 'keep' : freshMs
    const ahead = isAhead ? found.cursor! : ''
    const word = await broker.schedules.schedule(queue, name, { by, was, revision, nextMs, carried, ahead })
    return word === 'set' && this.#end(from, name)
  }

  /** What it left behind in the queue that it comes from is worth nothing once its place is known where it is. */
  async #end(from: string | undefined, name: string): Promise<true> {
    if (from !== undefined) await this.#options.broker.schedules.unschedule(from, name, this.#options.by)
    return true
  }
}
