import { setTimeout as pause } from 'node:timers/promises'
import { decodeGrant, decodeHeld } from '../../../src/core/detail.ts'
import type { QueueKeys } from '../../../src/core/keys.ts'
import type { RedisClient } from '../../../src/core/redis.ts'

const LOOK_MS = 20
/** So many times the bound are waited for. */
const PATIENCE = 4
const LEAST_PATIENCE_MS = 60_000

const pairs = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])

/** Measures how long tasks stay in the hands of processes that are dead. */
export class Recovery {
  /** Of each task, ms. */
  readonly times: number[] = []
  readonly problems: string[] = []
  readonly #redis: RedisClient
  readonly #keys: QueueKeys
  readonly #patienceMs: number
  readonly #watching: Promise<void>[] = []

  constructor(redis: RedisClient, keys: QueueKeys, boundMs: number) {
    this.#redis = redis
    this.#keys = keys
    this.#patienceMs = Math.max(LEAST_PATIENCE_MS, PATIENCE * boundMs)
  }

  /** @param diedAtMs by `performance.now`. @returns how many tasks the dead one held. */
  async watch(worker: string, diedAtMs: number): Promise<number> {
    const held = await this.#heldBy(worker)
    this.#watching.push(this.#follow(worker, held, diedAtMs))
    return [...held.values()].reduce((sum, n) => sum + n, 0)
  }

  /** Resolves once the dead hold nothing any more, or patience has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#watching)
  }

  /** Tasks per grant. */
  async #heldBy(worker: string): Promise<Map<string, number>> {
    const [grants, holders] = (await this.#redis.batch([
      ['HGETALL', this.#keys.grants],
      ['HGETALL', this.#keys.holders],
    ])) as [string[], string[]]
    const held = new Map<string, number>()
    for (const [nonce, text] of pairs(grants)) {
      if (!nonce.endsWith(':left') && decodeGrant(text)?.worker === worker) held.set(nonce, 0)
    }
    for (const [, text] of pairs(holders)) {
      const nonce = decodeHeld(text)!.nonce
      if (held.has(nonce)) held.set(nonce, held.get(nonce)! + 1)
    }
    return held
  }

  /** A grant of the dead is taken back as a whole. */
  async #follow(worker: string, held: Map<string, number>, diedAtMs: number): Promise<void> {
    while (held.size > 0) {
      const nonces = [...held.keys()]
      const left = (await this.#redis.call('HMGET', this.#keys.grants, ...nonces)) as (string | null)[]
      const afterMs = performance.now() - diedAtMs
      nonces.forEach((nonce, i) => {
        if (left[i] !== null) return
        for (let n = 0; n < held.get(nonce)!; n++) this.times.push(afterMs)
        held.delete(nonce)
      })
      if (afterMs > this.#patienceMs) {
        this.problems.push(`${worker} still holds ${held.size} grants ${Math.round(afterMs)} ms after its death`)
        return
      }
      await pause(LOOK_MS)
    }
  }
}
