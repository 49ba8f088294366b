import { globalKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import { decodeType } from '../registry.ts'
import type { WorkerInfo } from '../task.ts'
import { decodeWorker } from '../workers.ts'

/** A worker that registered its types so lately counts as alive, also when it sends no heartbeats. */
const REGISTERED_MS = 600_000
const FRESH_MS = 10_000

/** Whether some live worker has a handler for a type, or a key; asked about tasks that would die for want of one. */
export class KnownTypes {
  readonly #redis: RedisClient
  readonly #namespace: string
  readonly #answers = new Map<string, { readonly at: number; readonly known: Promise<boolean> }>()

  constructor(redis: RedisClient, namespace: string) {
    this.#redis = redis
    this.#namespace = namespace
  }

  /** While Redis cannot be asked a type counts as known: no task dies of a doubt. */
  isKnown(type: string): Promise<boolean> {
    return this.#fresh(`type ${type}`, () => this.#ask(type))
  }

  /** The same of a key that opens payloads. */
  isKeyKnown(kid: string): Promise<boolean> {
    return this.#fresh(`key ${kid}`, () => this.#isSomeWorker(({ keyIds }) => keyIds.includes(kid)))
  }

  #fresh(question: string, ask: () => Promise<boolean>): Promise<boolean> {
    const now = performance.now()
    const answer = this.#answers.get(question)
    if (answer && now - answer.at < FRESH_MS) return answer.known
    const known = ask().catch(() => true)
    if (this.#answers.size > 1000) this.#answers.clear()
    this.#answers.set(question, { at: now, known })
    return known
  }

  async #ask(type: string): Promise<boolean> {
    const entry = await this.#redis.call('HGET', globalKeys(this.#namespace).types, type)
    if (typeof entry === 'string' && Date.now() - decodeType(type, entry).atMs < REGISTERED_MS) return true
    return this.#isSomeWorker(({ types }) => types.includes(type))
  }

  async #isSomeWorker(fits: (worker: WorkerInfo) => boolean): Promise<boolean> {
    const keys = globalKeys(this.#namespace)
    const nowMs = Date.now()
    const beats = (await this.#redis.call(
      'ZRANGEBYSCORE',
      keys.workers,
      nowMs - REGISTERED_MS,
      '+inf',
      'WITHSCORES',
    )) as string[]
    const ids = beats.filter((_, i) => i % 2 === 0)
    if (ids.length === 0) return false
    const reports = (await this.#redis.call('HMGET', keys.workerInfo, ...ids)) as (string | null)[]
    return ids.some((id, i) => {
      const at = { beatAtMs: Number(beats[2 * i + 1]), quiet: false, nowMs }
      const worker = decodeWorker(id, reports[i] ?? '{}', at)
      return !worker.silent && fits(worker)
    })
  }
}
