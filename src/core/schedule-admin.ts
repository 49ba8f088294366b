import type { Broker } from './broker.ts'
import type { Keyring } from './encryption/keyring.ts'
import { sealSchedule } from './encryption/schedule.ts'
import { definitionText, replaceDefinition } from './definition-store.ts'
import { DqError } from './errors.ts'
import { type GlobalKeys, globalKeys, queueKeys } from './keys.ts'
import { declareQueues } from './queues.ts'
import type { RedisClient } from './redis.ts'
import { slotsOf } from './schedule.ts'
import { definitionOf, type NewSchedule } from './schedule-definition.ts'
import { ScheduleKeeper } from './schedule-keeper.ts'
import { taskOf } from './schedule-plan.ts'
import {
  decodeSchedule,
  encodeSchedule,
  readDefinition,
  readDefinitions,
  readSchedule,
  type ScheduleDefinition,
} from './schedules.ts'
import type { ScheduleInfo } from './task.ts'

/** What came of a trigger: a run began, one waits for the run before, or none began since that one goes on. */
export interface Triggered {
  readonly outcome: 'fired' | 'waits' | 'running'
  /** Task of the run that began or waits; for `running` of the one that goes on. */
  readonly id: string
}

/** What a list of schedules changed. */
export interface Reconciled {
  readonly saved: readonly string[]
  readonly removed: readonly string[]
}

/** Two definitions of one name, less what no caller says. */
const isSame = (a: ScheduleDefinition, b: ScheduleDefinition): boolean => {
  const text = (one: ScheduleDefinition): string => encodeSchedule({ ...one, createdAtMs: 0, from: undefined })
  return text(a) === text(b)
}

/** Others may change the same schedule meanwhile; so often in a row they do not. */
const TRIES = 10

const removedMeanwhile = (name: string): DqError => new DqError('not_found', `schedule ${name} was removed meanwhile`)

export interface ScheduleAdminParts {
  readonly broker: Broker
  readonly redis: RedisClient
  readonly namespace: string
  /** Who changes them, for the audit. */
  readonly by: string
  /** Encrypts payloads. */
  readonly keyring: Keyring | undefined
}

/** Changes schedules by hand. */
export class ScheduleAdmin {
  readonly #redis: RedisClient
  readonly #broker: Broker
  readonly #namespace: string
  readonly #global: GlobalKeys
  readonly #keeper: ScheduleKeeper
  readonly #by: string
  readonly #keyring: Keyring | undefined

  constructor({ broker, redis, namespace, by, keyring }: ScheduleAdminParts) {
    this.#broker = broker
    this.#redis = redis
    this.#namespace = namespace
    this.#global = globalKeys(namespace)
    this.#by = by
    this.#keyring = keyring
    this.#keeper = new ScheduleKeeper({ redis, broker, namespace, by })
  }

  async save(schedule: NewSchedule): Promise<ScheduleInfo> {
    const nowMs = await this.#checkedNowMs(schedule)
    const definition = definitionOf(schedule, nowMs)
    return this.#store(definition.name, (was) => {
      const wanted = sealSchedule(this.#keyring, schedule, definition, was)
      const isNew = was === undefined || !isSame({ ...was, source: undefined, enabled: wanted.enabled }, wanted)
      if (isNew && wanted.endMs !== undefined && slotsOf(wanted)(nowMs) === undefined)
        throw new DqError('invalid_input', 'end: no run comes before it; choose a later one', { details: ['end'] })
      // A file that declares it still does: it says the last word when it is read again.
      return { ...wanted, source: was?.source, enabled: schedule.enabled ?? was?.enabled ?? true }
    })
  }

  /** Refused input is refused without Redis. */
  async #checkedNowMs(schedule: NewSchedule): Promise<number> {
    definitionOf(schedule, Date.now())
    return this.#keeper.nowMs()
  }

  /**
   * Changes what is stored into what a function makes of it, however many do so at once. Saving the same again changes
   * nothing; anything else keeps when it was made, and its history.
   */
  async #store(
    name: string,
    change: (was: ScheduleDefinition | undefined) => ScheduleDefinition,
  ): Promise<ScheduleInfo> {
    for (let tries = 0; tries < TRIES; tries++) {
      const text = await definitionText(this.#redis, this.#global, name)
      const was = decodeSchedule(name, text)
      const wanted = change(was)
      if ((was === undefined || !isSame(was, wanted)) && !(await this.#replace(was, wanted, text))) continue
      await this.#keeper.settle(name)
      return this.#info(name)
    }
    throw new DqError('conflict', `schedule ${name} is being changed by others; try again`)
  }

  /** @returns false when somebody else was quicker. */
  async #replace(was: ScheduleDefinition | undefined, wanted: ScheduleDefinition, text: string): Promise<boolean> {
    const { name, queue } = wanted
    const isMove = was !== undefined && was.queue !== queue
    // A move that somebody began is ended first: a definition remembers one queue that it comes from.
    if (isMove || was?.from !== undefined) await this.#keeper.settle(name)
    const from = isMove ? was.queue : undefined
    const stored = encodeSchedule({ ...wanted, createdAtMs: was?.createdAtMs ?? wanted.createdAtMs, from })
    await declareQueues(this.#redis, this.#namespace, [queue])
    return replaceDefinition(this.#redis, this.#global, name, { was: text, text: stored })
  }

  async #info(name: string): Promise<ScheduleInfo> {
    const keysOf = (queue: string) => queueKeys(this.#namespace, queue, 'schedules')
    const found = await readSchedule(this.#redis, this.#global, keysOf, name)
    if (found === undefined) throw removedMeanwhile(name)
    const { runs: _, ...info } = found
    return info
  }

  async setEnabled(name: string, enabled: boolean): Promise<ScheduleInfo | undefined> {
    if ((await readDefinition(this.#redis, this.#global, name)) === undefined) return undefined
    return this.#store(name, (was) => {
      if (was === undefined) throw removedMeanwhile(name)
      return { ...was, enabled }
    })
  }

  async remove(name: string): Promise<boolean> {
    const was = await readDefinition(this.#redis, this.#global, name)
    const isRemoved = (await this.#redis.call('HDEL', this.#global.schedules, name)) === 1
    for (const queue of new Set([was?.queue, was?.from]))
      if (queue !== undefined) await this.#broker.schedules.unschedule(queue, name, this.#by)
    return isRemoved
  }

  async trigger(name: string): Promise<Triggered | undefined> {
    for (;;) {
      const settled = await this.#keeper.settle(name)
      if (settled === undefined) return undefined
      const { schedule, revision } = settled
      const { task } = taskOf(schedule, `t${await this.#keeper.nowMs()}`)
      const how = { by: this.#by, revision, overlap: schedule.overlap }
      const { word, run } = await this.#broker.schedules.trigger(schedule.queue, name, how, task)
      if (word !== 'changed') return { outcome: word, id: `${name}:${run}` }
    }
  }

  async reconcile(source: string, schedules: readonly NewSchedule[]): Promise<Reconciled> {
    const nowMs = await this.#keeper.nowMs()
    const wanted = schedules.map((schedule) => ({ schedule, definition: definitionOf(schedule, nowMs, source) }))
    const before = await readDefinitions(this.#redis, this.#global)
    const names = new Set(wanted.map(({ definition }) => definition.name))
    const saved = new Set<string>()
    for (const { schedule, definition } of wanted) {
      await this.#store(definition.name, (was) => {
        const sealed = sealSchedule(this.#keyring, schedule, definition, was)
        const complete = { ...sealed, enabled: schedule.enabled ?? was?.enabled ?? true }
        if (was === undefined || !isSame(was, complete)) saved.add(definition.name)
        return complete
      })
    }
    const gone = before.filter((one) => one.source === source && !names.has(one.name))
    for (const { name } of gone) await this.remove(name)
    return { saved: [...saved], removed: gone.map(({ name }) => name) }
  }
}
