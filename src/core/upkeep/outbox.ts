import { forwardOnce, type ForwardContext } from '../forward.ts'
import { FlowCalls } from '../flow-calls.ts'
import { queueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import { ScriptRunner } from '../runner.ts'
import { type Component, type Turns, worstOf } from './component.ts'
import { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'
import type { Tell } from './tell.ts'

export interface OutboxOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly log: Tell
  readonly queues: QueueSet
  /** Between two looks of one that does not hear of facts. */
  readonly everyMs?: number | undefined
}

const DEAF_MS = 1_000
/** Being told may be lost. */
const LISTENING_MS = 30_000

/** Tells tasks how those they depend on ended: one loop per queue, asleep until there is something in its outbox. */
export class Outbox implements Component {
  readonly name = 'outbox'
  readonly #options: OutboxOptions
  readonly #context: ForwardContext
  readonly #byChannel = new Map<string, Loop>()
  /** Where the next pass over each queue begins. */
  readonly #cursors = new Map<string, string>()
  #ears: RedisClient | undefined
  #started = false
  #stopped = false

  constructor(options: OutboxOptions) {
    const { redis, namespace } = options
    this.#options = options
    this.#context = { redis, namespace, calls: new FlowCalls(new ScriptRunner(redis, { namespace })) }
    options.queues.onQueue((queue) => this.#watch(queue))
  }

  async start(): Promise<void> {
    if (this.#stopped || this.#started) return
    this.#started = true
    this.#listen()
    for (const loop of this.#byChannel.values()) await loop.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#ears?.drop()
    this.#ears = undefined
    await Promise.all(Array.from(this.#byChannel.values(), (loop) => loop.stop()))
  }

  readonly turns = (): Turns => worstOf(Array.from(this.#byChannel.values(), (loop) => loop.turns()))

  #watch(queue: string): void {
    const { redis, log, namespace } = this.#options
    const loop = new Loop({ name: `outbox of ${queue}`, redis, log, body: () => this.#forward(queue) })
    this.#byChannel.set(queueKeys(namespace, queue, 'outbox').outbox, loop)
    if (!this.#started || this.#stopped) return
    this.#listen()
    void loop.start()
  }

  async #forward(queue: string): Promise<number> {
    const next = await forwardOnce(this.#context, queue, this.#cursors.get(queue))
    this.#cursors.set(queue, next)
    if (next !== '0') return 0
    return this.#options.everyMs ?? (this.#ears?.isUp === true ? LISTENING_MS : DEAF_MS)
  }

  /** Hears of new facts. */
  #listen(): void {
    this.#ears?.drop()
    const ears = this.#options.redis.duplicate('dq-outbox')
    this.#ears = ears
    ears.onState((state) => state === 'up' && this.#nudgeAll())
    ears
      .subscribe([...this.#byChannel.keys()], (channel) => this.#byChannel.get(channel)?.nudge())
      .then(() => this.#nudgeAll()) // what was told before was not heard
      .catch((error: unknown) => {
        if (this.#ears === ears)
          this.#options.log.warn('outbox.deaf', `no word of ended tasks from Redis: ${String(error)}`, {})
      })
  }

  #nudgeAll(): void {
    for (const loop of this.#byChannel.values()) loop.nudge()
  }
}
