import type { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import type { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import { isSuspect, repairQueue } from '../repair.ts'
import { FINDINGS_MAX } from '../verify-look.ts'
import type { Component } from './component.ts'
import type { Tell } from './tell.ts'
import { eachQueue } from './each-queue.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'

export interface RepairerOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly inspector: Inspector
  readonly events: Events
  readonly log: Tell
  readonly queues: QueueSet
  readonly leaseMs: number
  /** Between two looks at the sums. */
  readonly everyMs?: number | undefined
}

const EVERY_MS = 30_000
/** From the start to the first look: others are to be seen first. */
const FIRST_MS = 3_000
/** Books that nobody could mend are looked at again after a wait that doubles up to this. */
const REST_MOST_MS = 3_600_000
/** Who mends, for the audit. */
const BY = 'repairer'
const IDS_TOLD = 10

/** Watches the sums of every queue, and mends the books where they do not balance. */
export class Repairer implements Component {
  readonly name = 'repairer'
  readonly #options: RepairerOptions
  readonly #loop: Loop
  readonly #everyMs: number
  /** Queues whose books could not be mended. */
  readonly #resting = new Map<string, { restMs: number; untilMs: number }>()
  #isFirst = true

  constructor(options: RepairerOptions) {
    this.#options = options
    this.#everyMs = options.everyMs ?? EVERY_MS
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#turn() })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #turn(): Promise<number> {
    if (this.#isFirst) {
      this.#isFirst = false
      return Math.min(FIRST_MS, this.#everyMs)
    }
    const more = await eachQueue(this.#options.queues.names, (queue) => this.#look(queue))
    return more.includes(true) ? 0 : this.#everyMs * (0.8 + Math.random() * 0.4)
  }

  /** @returns whether there may be more to mend. */
  async #look(queue: string): Promise<boolean> {
    const rest = this.#resting.get(queue)
    if (rest !== undefined && performance.now() < rest.untilMs) return false
    const { inspector, events } = this.#options
    if (!(await isSuspect(this.#options, inspector, queue))) {
      this.#resting.delete(queue)
      return false
    }
    const repaired = await repairQueue({ ...this.#options, by: BY }, queue)
    if (repaired.length === 0) {
      this.#rest(queue, rest?.restMs)
      return false
    }
    this.#resting.delete(queue)
    events.emit('reaper.repaired', { queue, count: repaired.length, repaired: repaired.slice(0, IDS_TOLD) })
    return repaired.length >= FINDINGS_MAX
  }

  #rest(queue: string, wasMs: number | undefined): void {
    const restMs = Math.min(REST_MOST_MS, wasMs === undefined ? this.#everyMs : 2 * wasMs)
    this.#resting.set(queue, { restMs, untilMs: performance.now() + restMs })
    if (wasMs !== undefined) return
    const text = `the books of queue ${queue} do not balance, and nothing could be mended: see dq verify --deep`
    this.#options.log.warn('repair.unable', text, { queue })
  }
}
