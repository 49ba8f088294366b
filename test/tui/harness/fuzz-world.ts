import { Broker } from '../../../src/core/broker.ts'
import { Client } from '../../../src/core/client.ts'
import { failureLine } from '../../../src/core/records.ts'
import { type RedisClient, openRedis } from '../../../src/core/redis.ts'
import { Worker } from '../../../src/core/worker/worker.ts'
import type { Choices } from '../../chaos/lib/choices.ts'

const NAMESPACE = 'dq'
const QUEUES = ['default', 'mail', 'photos', 'a-queue-with-a-name-that-is-longer-than-most-columns-are-wide'] as const
const TYPES = ['email.send', 'image.resize', 'report:render_of_everything_there_is_in_one_long_name'] as const
const HOUR_MS = 3_600_000

/** What a terminal obeys, hides, reorders, or shows wider or narrower than it is counted. */
const TEXTS = [
  'SMTP 421 4.7.0 timeout after 30s',
  '宛先サーバー応答なし: out of memory',
  '\x1b[2J\x1b[8m\x1b]52;c;ZXZpbA==\x07',
  '\u202egnp.exe\u200b\0\r\n\tend',
  'z\u0301\u0302\u0303\u0304\u0305 Zürich ﷽ עברית',
  '👩\u200d💻 👍🏽 🇩🇪 ⚠️ ❤️',
  'x'.repeat(400),
  '',
] as const

/** Queues full of awkward tasks in every state, on a Redis that the console may do anything to. */
export class FuzzWorld {
  readonly #client: Client
  readonly #redis: RedisClient
  readonly #broker: Broker
  readonly #worker: Worker
  readonly #choices: Choices

  constructor(url: string, choices: Choices) {
    this.#redis = openRedis({ url })
    this.#client = new Client({ redis: this.#redis, namespace: NAMESPACE })
    this.#broker = new Broker(this.#redis, { namespace: NAMESPACE, client: 'fuzz' })
    this.#choices = choices
    const worker = { id: 'wrk-idle', namespace: NAMESPACE, queues: ['idle'], upkeep: true }
    this.#worker = new Worker({ redisUrl: url, ...worker, tasks: { nothing: async () => null } })
  }

  async fill(): Promise<void> {
    await this.#worker.start()
    const { operator } = this.#client
    for (const queue of QUEUES) {
      await this.#bury(queue, 90)
      await this.#enqueue(queue, 60)
      await this.#enqueue(queue, 30, HOUR_MS)
      await this.#hold(queue, 6)
    }
    for (const [name, spec] of [
      ['heartbeat', '@every 1m'],
      ['nightly', '0 3 * * *'],
    ] as const)
      await operator.saveSchedule({ name, spec, type: 'email.send', queue: 'mail', payload: {} })
    await operator.pause('photos')
  }

  /** Something new: what was purged or cancelled does not stay away for ever. */
  async stir(): Promise<void> {
    const { below } = this.#choices
    const queue = QUEUES[below(QUEUES.length)]!
    const many = 1 + below(20)
    if (below(3) > 0) await this.#bury(queue, many)
    else if (below(2) > 0) await this.#enqueue(queue, many, below(2) * HOUR_MS)
    else await this.#hold(queue, 2)
  }

  async close(): Promise<void> {
    await this.#worker.stop({ graceMs: 0 })
    await this.#client.close()
    await this.#redis.close()
  }

  #text(): string {
    return TEXTS[this.#choices.below(TEXTS.length)]!
  }

  async #enqueue(queue: string, count: number, delay = 0, priority: 'high' | 'default' = 'default'): Promise<void> {
    const item = () => ({
      queue,
      priority,
      type: TYPES[this.#choices.below(TYPES.length)]!,
      payload: { note: this.#text(), [this.#text()]: [this.#text(), { deep: this.#choices.below(1000) }] },
      ...(delay === 0 ? {} : { delay: delay + this.#choices.below(HOUR_MS) }),
    })
    await this.#client.enqueueMany(Array.from({ length: count }, item))
  }

  #claim(queue: string, want: number) {
    const request = { worker: 'wrk-gone', leaseMs: HOUR_MS, timeoutMs: HOUR_MS, idle: false, timeouts: {} }
    return this.#broker.claim(queue, { ...request, want, quotas: { high: want, default: 0, low: 0 } })
  }

  async #hold(queue: string, count: number): Promise<void> {
    await this.#enqueue(queue, count, 0, 'high')
    await this.#claim(queue, count)
  }

  async #bury(queue: string, count: number): Promise<void> {
    await this.#enqueue(queue, count, 0, 'high')
    const claim = await this.#claim(queue, count)
    // A paused queue gives nothing: its tasks wait.
    if (claim.word !== 'granted') return
    const { nonce, nowMs, tasks } = claim
    const items = tasks.map(({ id, envelope }) => {
      const { type, extras } = envelope
      const failure = { attempt: 4, atMs: nowMs, worker: 'wrk-gone', reason: 'error', message: this.#text() }
      const line = failureLine({ ...failure, stack: this.#text() }, type)
      return { nonce, id, type, verdict: 'dead' as const, delayMs: 0, line, extras }
    })
    await this.#broker.fail(queue, items)
  }
}
