import { FlowCalls } from '../flow-calls.ts'
import type { ForwardContext } from '../forward.ts'
import { forgetStrangers, type Look, ORPHAN_MS, reconcilePage } from '../reconcile.ts'
import type { RedisClient } from '../redis.ts'
import { ScriptRunner } from '../runner.ts'
import { Strangers } from '../strangers.ts'
import type { Component } from './component.ts'
import { eachQueue } from './each-queue.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'
import type { Tell } from './tell.ts'

export interface ReconcilerOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly log: Tell
  readonly queues: QueueSet
  readonly everyMs?: number | undefined
}

const EVERY_MS = 30_000
/** Tasks and edges of one queue and turn, about: the next turn goes on from there. */
const LOOKS = 5_000
const PAGE_COSTS = 20

/** Proves that no blocked task waits for a parent that is over: whatever was lost on the way, it is told again. */
export class Reconciler implements Component {
  readonly name = 'reconciler'
  readonly #redis: RedisClient
  readonly #context: ForwardContext
  readonly #loop: Loop
  /** Where the next page of each queue begins. */
  readonly #blocked = new Map<string, string>()
  readonly #parents = new Map<string, string>()
  readonly #strangers = new Strangers(ORPHAN_MS)

  constructor(options: ReconcilerOptions) {
    const { redis, namespace, log, queues, everyMs = EVERY_MS } = options
    this.#redis = redis
    this.#context = { redis, namespace, calls: new FlowCalls(new ScriptRunner(redis, { namespace })) }
    const body = async (): Promise<number> => {
      const [seconds] = (await redis.call('TIME')) as [string]
      await eachQueue(queues.names, (queue) => this.#look(queue, Number(seconds) * 1_000))
      return everyMs * (0.8 + Math.random() * 0.4)
    }
    this.#loop = new Loop({ name: this.name, redis: this.#redis, log, body })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #look(queue: string, nowMs: number): Promise<void> {
    await pages(this.#blocked, queue, (cursor) => reconcilePage(this.#context, queue, cursor, nowMs))
    await pages(this.#parents, queue, (cursor) => forgetStrangers(this.#context, queue, cursor, nowMs, this.#strangers))
  }
}

async function pages(
  cursors: Map<string, string>,
  queue: string,
  look: (cursor: string) => Promise<Look>,
): Promise<void> {
  for (let left = LOOKS; left > 0;) {
    const { next, looked } = await look(cursors.get(queue) ?? '0')
    cursors.set(queue, next)
    if (next === '0') break
    // A page may be empty, and costs all the same.
    left -= Math.max(looked, PAGE_COSTS)
  }
}
