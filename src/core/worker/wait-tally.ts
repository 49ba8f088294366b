import type { Events } from '../events.ts'
import { queueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import { ScriptRunner } from '../runner.ts'
import { SCRIPTS } from '../scripts.ts'
import { decodeObjective } from '../slo.ts'
import type { Component, Turns } from '../upkeep/component.ts'
import { Loop } from '../upkeep/loop.ts'
import type { Tell } from '../upkeep/tell.ts'

export interface WaitTallyOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly events: Events
  readonly log: Tell
  readonly queues: readonly string[]
}

const EVERY_MS = 10_000
/** While no queue has an objective. */
const IDLE_EVERY_MS = 60_000

interface Tally {
  /** Of the objective it counts against. */
  readonly waitMs: number
  total: number
  late: number
}

/**
 * Counts, for queues that have an objective, how many tasks began to run here and how many of them too late, and tells
 * Redis every ten seconds. What is not told when a process dies is not counted.
 */
export class WaitTally implements Component {
  readonly name = 'waits'
  readonly #options: WaitTallyOptions
  readonly #loop: Loop
  readonly #scripts: ScriptRunner
  readonly #tallies = new Map<string, Tally>()
  #off: (() => void) | undefined

  constructor(options: WaitTallyOptions) {
    this.#options = options
    this.#scripts = new ScriptRunner(options.redis, { namespace: options.namespace })
    this.#loop = new Loop({ ...options, name: this.name, body: () => this.#turn() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  async stop(): Promise<void> {
    this.#listen(false)
    await this.#loop.stop()
    if (this.#options.redis.isUp) await this.#tell()
  }

  readonly turns = (): Turns => this.#loop.turns()

  /** Telling of every start costs something: only where somebody wants to know. */
  #listen(on: boolean): void {
    if (on) this.#off ??= this.#options.events.on('task.started', ({ queue, waitMs }) => this.#count(queue, waitMs))
    else {
      this.#off?.()
      this.#off = undefined
    }
  }

  #count(queue: string, waitMs: number | undefined): void {
    const tally = this.#tallies.get(queue)
    if (tally === undefined || waitMs === undefined) return
    tally.total++
    if (waitMs > tally.waitMs) tally.late++
  }

  async #turn(): Promise<number> {
    await this.#tell()
    const { redis, namespace, queues } = this.#options
    const texts = await redis.batch(queues.map((queue) => ['HGET', queueKeys(namespace, queue, 'waits').meta, 'slo']))
    for (const [i, queue] of queues.entries()) {
      const objective = decodeObjective(texts[i] as string | null)
      if (objective === undefined) this.#tallies.delete(queue)
      else if (this.#tallies.get(queue)?.waitMs !== objective.waitMs)
        this.#tallies.set(queue, { waitMs: objective.waitMs, total: 0, late: 0 })
    }
    this.#listen(this.#tallies.size > 0)
    return this.#tallies.size > 0 ? EVERY_MS : IDLE_EVERY_MS
  }

  async #tell(): Promise<void> {
    await Promise.all(
      [...this.#tallies].map(async ([queue, tally]) => {
        const { waitMs, total, late } = tally
        if (total === 0) return
        // Taken off first: what may have been counted is not counted again.
        Object.assign(tally, { total: 0, late: 0 })
        await this.#scripts.call(queue, SCRIPTS.waits, { waitMs, total, late })
      }),
    )
  }
}
