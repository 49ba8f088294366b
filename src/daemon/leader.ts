import { globalKeys } from '../core/keys.ts'
import type { RedisClient } from '../core/redis.ts'
import { unrefused } from '../core/unrefused.ts'
import type { Component } from '../core/upkeep/component.ts'
import type { Log } from './log.ts'
import { Loop } from '../core/upkeep/loop.ts'

const LEASE_MS = 30_000

/**
 * One daemon at a time holds the leader lease and exports what concerns all of them. Nothing else depends on it: two
 * leaders for a moment, after a lost lease, only export the same numbers twice.
 */
export class Leader implements Component {
  readonly name = 'leader'
  readonly #loop: Loop
  readonly #redis: RedisClient
  readonly #key: string
  readonly #id: string
  #untilMs = 0

  constructor(options: { redis: RedisClient; namespace: string; id: string; log: Log }) {
    this.#redis = options.redis
    this.#key = globalKeys(options.namespace).leader
    this.#id = options.id
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#campaign() })
  }

  get isLeader(): boolean {
    return performance.now() < this.#untilMs
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
    if (!this.isLeader || !this.#redis.isUp) return
    this.#untilMs = 0
    if ((await this.#redis.call('GET', this.#key)) === this.#id) await this.#redis.call('DEL', this.#key)
  }

  /** One command tells who leads; only the leader needs a second one. */
  async #campaign(): Promise<number> {
    const askedMs = performance.now()
    const [was] = await unrefused(this.#redis, [['SET', this.#key, this.#id, 'NX', 'GET', 'PX', LEASE_MS]])
    const mine = was === null || (was === this.#id && (await this.#renew()))
    this.#untilMs = mine ? askedMs + LEASE_MS : 0
    return LEASE_MS / 3
  }

  async #renew(): Promise<boolean> {
    return Number(await this.#redis.call('PEXPIRE', this.#key, LEASE_MS)) === 1
  }
}
