import type { Broker } from './broker.ts'
import { DqError } from './errors.ts'
import { randomText } from './ids.ts'
import { type GlobalKeys, globalKeys, NAME, queueKeys } from './keys.ts'
import { DEFAULTS } from './limits.ts'
import { encodePayload } from './options.ts'
import { isPriority, PRIORITIES, type Priority } from './priority.ts'
import type { RedisClient } from './redis.ts'
import type { WordOf } from './replies.ts'
import { checkTimeZone, nextRunMs, scheduleName } from './schedule.ts'
import { decodeSchedule, encodeSchedule, type ScheduleDefinition } from './schedules.ts'
import type { Json, ScheduleInfo } from './task.ts'

export interface NewSchedule {
  /** Default: made of what it does, so that saving the same twice is one schedule. */
  readonly name?: string | undefined
  /** Cron expression, or `@every 1m30s`. */
  readonly spec: string
  readonly timeZone?: string | undefined
  readonly type: string
  readonly payload?: Json | undefined
  readonly queue?: string | undefined
  readonly priority?: Priority | undefined
}

const UNDO_PAGE = 500

/** Changes by hand: what a person or a script does to a queue. Each leaves a line in the audit. */
export class Operator {
  readonly #broker: Broker
  readonly #redis: RedisClient
  readonly #namespace: string
  readonly #global: GlobalKeys
  readonly #by: string

  /** @param by who does it, for the audit. */
  constructor(broker: Broker, redis: RedisClient, namespace: string, by: string) {
    this.#broker = broker
    this.#redis = redis
    this.#namespace = namespace
    this.#global = globalKeys(namespace)
    this.#by = by
  }

  /** Stops all claims of a queue; what runs goes on to its end. */
  pause(queue: string): Promise<'paused' | 'resumed' | 'unchanged'> {
    return this.#broker.pause(queue, this.#by, true)
  }

  resume(queue: string): Promise<'paused' | 'resumed' | 'unchanged'> {
    return this.#broker.pause(queue, this.#by, false)
  }

  cancel(queue: string, ids: readonly string[]): Promise<WordOf<'cancel'>[]> {
    return this.#broker.cancel(queue, ids, this.#by)
  }

  /**
   * Dead tasks back into line, with retries and crashes at 0. Those that are no longer dead are skipped.
   * Calls with the same `operation` are one in the audit.
   */
  async replay(
    queue: string,
    ids: readonly string[],
    options: { operation?: string | undefined } = {},
  ): Promise<{
    replayed: string[]
    duplicates: { id: string; of: string | undefined }[]
    skipped: string[]
    operation: string
  }> {
    const operation = options.operation ?? randomText(12)
    const replies = await this.#broker.replay(queue, ids, this.#by, operation)
    const having = (word: string): string[] => ids.filter((_, i) => replies[i]!.word === word)
    const duplicates = ids.flatMap((id, i) => (replies[i]!.word === 'duplicate' ? [{ id, of: replies[i]!.owner }] : []))
    return { replayed: having('replayed'), duplicates, skipped: having('not_dead'), operation }
  }

  /**
   * Dead tasks into the trash, from where `undo` brings them back for 15 minutes; with `now` they are gone at once.
   * Calls with the same `operation` are taken back as one.
   */
  async purge(
    queue: string,
    ids: readonly string[],
    options: { now?: boolean | undefined; operation?: string | undefined } = {},
  ): Promise<{ purged: string[]; skipped: string[]; operation: string }> {
    const operation = options.operation ?? randomText(12)
    const words = await this.#broker.purge(queue, ids, this.#by, operation, options.now === true ? 0 : DEFAULTS.trashMs)
    return {
      purged: ids.filter((_, i) => words[i] === 'purged'),
      skipped: ids.filter((_, i) => words[i] !== 'purged'),
      operation,
    }
  }

  /** Takes purged tasks back: some ids, those of one purge, or those of the newest purge. */
  async undo(
    queue: string,
    selection: { ids?: readonly string[] | undefined; operation?: string | undefined } = {},
  ): Promise<{ restored: string[]; skipped: string[] }> {
    const ids = selection.ids ?? (await this.#trashed(queue, selection.operation))
    const words = ids.length === 0 ? [] : await this.#broker.undo(queue, ids, this.#by, selection.operation ?? '')
    return {
      restored: ids.filter((_, i) => words[i] === 'restored'),
      skipped: ids.filter((_, i) => words[i] !== 'restored'),
    }
  }

  /** Ids in the trash of one purge; without a name, of the newest one. */
  async #trashed(queue: string, operation: string | undefined): Promise<string[]> {
    const keys = queueKeys(this.#namespace, queue, 'operator')
    const ids: string[] = []
    let wanted = operation
    for (let from = 0; ; from += UNDO_PAGE) {
      const page = (await this.#redis.call('ZREVRANGE', keys.trash, from, from + UNDO_PAGE - 1)) as string[]
      if (page.length === 0) return ids
      const notes = (await this.#redis.call('HMGET', keys.trashed, ...page)) as (string | null)[]
      page.forEach((id, i) => {
        const of = notes[i]?.split('|')[1]
        wanted ??= of
        if (of === wanted) ids.push(id)
      })
    }
  }

  /** Asks a worker to stop claiming, or to go on; it follows at its next heartbeat. @returns whether that was a change. */
  async quiet(worker: string, on: boolean): Promise<boolean> {
    return Number(await this.#redis.call(on ? 'SADD' : 'SREM', this.#global.quiet, worker)) === 1
  }

  /** Saves a recurring schedule. @throws DqError `invalid_input` for a bad expression, zone or name. */
  async saveSchedule(schedule: NewSchedule): Promise<ScheduleInfo> {
    encodePayload(schedule.payload)
    const queue = schedule.queue ?? DEFAULTS.queue
    const definition: ScheduleDefinition = {
      name:
        schedule.name ??
        scheduleName({ spec: schedule.spec, type: schedule.type, payload: schedule.payload ?? null, queue }),
      spec: schedule.spec,
      timeZone: checkTimeZone(schedule.timeZone ?? 'UTC'),
      type: schedule.type,
      queue,
      priority: schedule.priority ?? 'default',
      payload: schedule.payload ?? null,
      createdAtMs: Date.now(),
    }
    for (const [what, value] of [
      ['name', definition.name],
      ['type', definition.type],
      ['queue', queue],
    ] as const)
      if (!NAME.test(value))
        throw new DqError(
          'invalid_input',
          `${what} '${value.slice(0, 80)}' has to be 1 to 64 letters, digits, . _ : or -`,
          { details: [what] },
        )
    if (!isPriority(definition.priority))
      throw new DqError('invalid_input', `priority has to be one of ${PRIORITIES.join(', ')}`, {
        details: ['priority'],
      })
    return this.#store(definition)
  }

  async #store(definition: ScheduleDefinition): Promise<ScheduleInfo> {
    const old = (await this.#redis.call('HGET', this.#global.schedules, definition.name)) as string | null
    const was = old === null ? undefined : decodeSchedule(definition.name, old)
    const same =
      was !== undefined &&
      encodeSchedule({ ...was, createdAtMs: 0 }) === encodeSchedule({ ...definition, createdAtMs: 0 })
    const kept = same ? was : definition
    const nextMs = nextRunMs(kept.spec, { afterMs: Date.now(), timeZone: kept.timeZone, anchorMs: kept.createdAtMs })
    if (nextMs === undefined)
      throw new DqError('invalid_input', `schedule '${kept.spec}' never fires`, { details: ['spec'] })
    if (was !== undefined && !same) await this.#broker.unschedule(was.queue, was.name, this.#by)
    if (!same) await this.#redis.call('HSET', this.#global.schedules, kept.name, encodeSchedule(kept))
    await this.#redis.call('SADD', this.#global.queues, kept.queue)
    // The cursor is set once; saving the same again leaves it where it is.
    await this.#broker.fire(
      kept.queue,
      kept.name,
      { expectedMs: undefined, nextMs },
      { id: '-', type: kept.type, priority: kept.priority, envelope: '' },
    )
    const slot = await this.#redis.call('ZSCORE', queueKeys(this.#namespace, kept.queue, 'operator').cursors, kept.name)
    return { ...kept, nextRunAtMs: slot === null ? undefined : Number(slot) }
  }

  /** Ends a schedule; tasks it made stay. @returns whether there was one. */
  async removeSchedule(name: string): Promise<boolean> {
    const text = (await this.#redis.call('HGET', this.#global.schedules, name)) as string | null
    if (text === null) return false
    await this.#redis.call('HDEL', this.#global.schedules, name)
    const definition = decodeSchedule(name, text)
    if (definition !== undefined) await this.#broker.unschedule(definition.queue, name, this.#by)
    return true
  }
}
