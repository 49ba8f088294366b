import type { Broker } from '../broker.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import { globalKeys, type GlobalKeys, queueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import { ScheduleKeeper } from '../schedule-keeper.ts'
import { type Asking, askingStep, type Step, stepsOf, taskOf } from '../schedule-plan.ts'
import { decodeRuns } from '../schedule-runs.ts'
import { readDefinition, readUnsettled, revisionOf, type ScheduleDefinition } from '../schedules.ts'
import type { Fired } from '../schedule-verbs.ts'
import type { NewTask } from '../verbs.ts'
import type { Component } from './component.ts'
import { Loop } from './loop.ts'
import type { Tell } from './tell.ts'

export interface ScheduleBookOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly events: Events
  readonly log: Tell
}

const LOOK_EVERY_MS = 30_000
/** Who changes cursors, for the audit. */
const BY = 'scheduler'

/** A step and the task that it would enqueue. */
interface Turn {
  readonly step: Step | Asking
  readonly task: NewTask
  readonly dueMs: number
}

const turnOf = (schedule: ScheduleDefinition, step: Turn['step'], cursorMs: number): Turn => ({
  step,
  ...taskOf(schedule, step.run ?? String(cursorMs)),
})

/** Whether the cursor went on to the next slot. */
const hasGoneOn = (word: Fired): boolean => word === 'fired' || word === 'skipped' || word === 'passed'

/** Knows the recurring schedules: fires what is due, and puts definitions in force that their queues do not know yet. */
export class ScheduleBook implements Component {
  readonly name = 'schedules'
  readonly #options: ScheduleBookOptions
  readonly #keys: GlobalKeys
  readonly #keeper: ScheduleKeeper
  readonly #loop: Loop

  constructor(options: ScheduleBookOptions) {
    this.#options = options
    this.#keys = globalKeys(options.namespace)
    this.#keeper = new ScheduleKeeper({ ...options, by: BY })
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#look() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /**
   * Fires what is due of one schedule, unless another daemon did.
   * A schedule that cannot fire loses its cursor, and is tried again when the definitions are looked at next.
   */
  async fire(queue: string, name: string, cursorMs: number, nowMs: number): Promise<void> {
    const { redis, broker, namespace } = this.#options
    // What is in force is read before the definition: that one is then at least as new.
    const runs = decodeRuns((await redis.call('HGET', queueKeys(namespace, queue, BY).runs, name)) as string | null)
    const schedule = await readDefinition(redis, this.#keys, name)
    if (schedule === undefined) {
      await broker.schedules.unschedule(queue, name, BY)
      return
    }
    const revision = revisionOf(schedule)
    if (schedule.queue !== queue || runs.revision !== revision) {
      await this.#settle(schedule)
      return
    }
    const perform = (plan: () => Turn['step'][]) => this.#perform(schedule, revision, cursorMs, plan)
    const { waiting } = runs
    if (waiting !== '' && (await perform(() => [askingStep(schedule, waiting, nowMs)])) !== 'ready') return
    await perform(() => stepsOf(schedule, runs, cursorMs, nowMs))
  }

  /** @returns what came of the last step that was taken; undefined when the schedule cannot fire, and is stopped. */
  async #perform(
    schedule: ScheduleDefinition,
    revision: string,
    cursorMs: number,
    plan: () => Turn['step'][],
  ): Promise<Fired | undefined> {
    let turns: Turn[]
    try {
      turns = plan().map((step) => turnOf(schedule, step, cursorMs))
    } catch (error) {
      this.#refused(schedule, error)
      const stop = { by: BY, was: revision, revision: `${revision}!`, nextMs: undefined, carried: '', ahead: '' }
      await this.#options.broker.schedules.schedule(schedule.queue, schedule.name, stop)
      return undefined
    }
    let expectedMs = cursorMs
    let word: Fired | undefined
    for (const turn of turns) {
      word = await this.#take(schedule, revision, expectedMs, turn)
      if (!hasGoneOn(word) || turn.step.nextMs === undefined) break
      expectedMs = turn.step.nextMs
    }
    return word
  }

  async #take(schedule: ScheduleDefinition, revision: string, expectedMs: number, turn: Turn): Promise<Fired> {
    const { broker, events } = this.#options
    const { name, queue, overlap } = schedule
    const { step, task, dueMs } = turn
    const word = await broker.schedules.fire(queue, name, { ...step, expectedMs, revision, overlap, dueMs }, task)
    if (word === 'fired') events.emit('schedule.fired', { name, queue, id: task.id, type: task.type, attempt: 0 })
    if (hasGoneOn(word) && step.passed !== undefined && step.passed !== 'uncounted') {
      const { why, count } = step.passed
      events.emit('schedule.passed', { name, queue, why, count })
    }
    if (word === 'skipped') events.emit('schedule.passed', { name, queue, why: 'overlap', count: 1 })
    if (word === 'changed') await this.#settle(schedule)
    return word
  }

  async #settle(schedule: ScheduleDefinition): Promise<void> {
    try {
      await this.#keeper.settle(schedule.name)
    } catch (error) {
      this.#refused(schedule, error)
    }
  }

  #refused({ name, queue }: ScheduleDefinition, error: unknown): void {
    this.#options.log.error('schedule.refused', `schedule ${name} cannot fire: ${messageOf(error)}`, {
      schedule: name,
      queue,
    })
  }

  async #look(): Promise<number> {
    const { redis, namespace } = this.#options
    const keysOf = (queue: string) => queueKeys(namespace, queue, BY)
    for (const schedule of await readUnsettled(redis, this.#keys, keysOf)) await this.#settle(schedule)
    return LOOK_EVERY_MS
  }
}
