import { DqError, messageOf } from '../errors.ts'
import type { Operator } from '../operator.ts'
import type { RedisClient } from '../redis.ts'
import type { NewSchedule } from '../schedule-definition.ts'
import type { Component } from './component.ts'
import { Loop } from './loop.ts'
import type { Tell } from './tell.ts'

export interface DeclaredSchedulesOptions {
  readonly redis: RedisClient
  readonly operator: Operator
  readonly log: Tell
  /** What declares them, such as the path of a file: those that it names no longer are removed. Undefined: none ever is. */
  readonly source: string | undefined
  readonly schedules: readonly NewSchedule[]
}

const DAY_MS = 86_400_000

/** Saves schedules that are declared in a file or in code, once Redis is there, and again when they are declared anew. */
export class DeclaredSchedules implements Component {
  readonly name = 'declared schedules'
  readonly #options: DeclaredSchedulesOptions
  readonly #loop: Loop
  #wanted: readonly NewSchedule[] | undefined

  constructor(options: DeclaredSchedulesOptions) {
    this.#options = options
    this.#wanted = options.schedules
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#save() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Declares others in their place; nothing changes without any, as where the file is gone. */
  declare(schedules: readonly NewSchedule[] | undefined): void {
    if (schedules === undefined) return
    this.#wanted = schedules
    this.#loop.nudge()
  }

  async #save(): Promise<number> {
    const wanted = this.#wanted
    if (wanted === undefined) return DAY_MS
    const { operator, source, log } = this.#options
    try {
      if (source !== undefined) {
        const { saved, removed } = await operator.reconcileSchedules(source, wanted)
        if (saved.length + removed.length > 0)
          log.info('schedules.declared', `schedules of ${source} saved: ${saved.length}, removed: ${removed.length}`, {
            saved,
            removed,
          })
      } else for (const schedule of wanted) await operator.saveSchedule(schedule)
    } catch (error) {
      // What is refused is refused again the next time.
      if (!(error instanceof DqError) || error.code !== 'invalid_input') throw error
      log.error('schedule.refused', `a declared schedule is refused: ${messageOf(error)}`, {})
    }
    // Others may have been declared meanwhile.
    if (this.#wanted === wanted) this.#wanted = undefined
    return this.#wanted === undefined ? DAY_MS : 0
  }
}
