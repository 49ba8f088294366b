import assert from 'node:assert/strict'
import { Broker } from '../../src/core/broker.ts'
import { sha1 } from '../../src/core/envelope.ts'
import { FlowCalls } from '../../src/core/flow-calls.ts'
import { ScriptRunner } from '../../src/core/runner.ts'
import { type Place, TRANSITIONS, type Verb } from '../../src/core/states.ts'
import { uniqueSha } from '../../src/core/unique.ts'
import type { TestQueue } from './engine.ts'
import { Model } from './model.ts'
import { LossyRedis, storedSummary } from './model-redis.ts'

export const KEYS = ['k0', 'k1']
export const UNIQUES = ['u0', 'u1']

/** Sends commands to Redis and to the model, and holds that both agree on everything afterwards. */
export class Agreement {
  readonly model = new Model()
  /** `verb from to` of everything that happened. */
  readonly observed: Set<string>
  readonly lossy: LossyRedis
  readonly broker: Broker
  readonly flows: FlowCalls
  readonly q: TestQueue
  /** Ids that a command was about: whatever happens to others is wrong. */
  #before = new Map<string, Place | 'none'>()

  constructor(q: TestQueue, observed: Set<string>) {
    this.q = q
    this.observed = observed
    this.lossy = new LossyRedis(q.redis)
    const options = { namespace: q.namespace, nowMs: () => q.nowMs }
    this.broker = new Broker(this.lossy.client, options)
    this.flows = new FlowCalls(new ScriptRunner(this.lossy.client, options))
  }

  /** The time that a script of now takes, see `lua/lib/clock.lua`. */
  async now(): Promise<number> {
    const mark = Number((await this.q.raw.hget(this.q.keys.meta, 'clock')) ?? 0)
    return this.q.nowMs < mark && mark - this.q.nowMs <= 2_000 ? mark : this.q.nowMs
  }

  /** Runs one verb: `work` sends it and returns its answer, `expected` is the model's. */
  protected async step(
    verb: Verb,
    work: () => Promise<unknown>,
    expected: (nowMs: number) => unknown,
    repeats: boolean,
  ): Promise<void> {
    const nowMs = await this.now()
    this.#before = new Map(
      [...this.model.tasks.keys(), ...this.model.records.keys()].map((id) => [id, this.model.placeOf(id)]),
    )
    const lost = this.lossy.loses
    const answer = await work()
    this.lossy.loses = false
    const wanted = expected(nowMs)
    // What keeps no answers says of a repeated call what is left to do: nothing.
    if (!lost || repeats) assert.deepEqual(answer, wanted, `the answer of ${verb}`)
    this.#observe(verb)
    await this.agree(verb)
  }

  #observe(verb: Verb): void {
    for (const id of new Set([...this.#before.keys(), ...this.model.tasks.keys(), ...this.model.records.keys()])) {
      const from = this.#before.get(id) ?? 'none'
      const place = this.model.placeOf(id)
      // A task that is completed without a record is gone at once.
      const to = place !== 'none' ? place : verb === 'complete' ? 'completed' : 'gone'
      if (from === to || (from === 'none' && to === 'gone')) continue
      this.note(verb, from, to)
    }
  }

  note(verb: Verb, from: string, to: string): void {
    const row = TRANSITIONS.find((one) => one.verb === verb)
    // An id whose record is still kept may come back: it is a new one.
    const isNew = ['enqueue', 'flow', 'fire', 'trigger'].includes(verb) && !['pending', 'scheduled'].includes(from)
    const began = isNew ? 'none' : from
    const { from: froms = [], to: tos = [] }: { from?: readonly string[]; to?: readonly string[] } = row ?? {}
    assert.ok(froms.includes(began), `${verb} takes from ${began}`)
    assert.ok(tos.includes(to), `${verb} puts to ${to}`)
    this.observed.add(`${verb} ${began} ${to}`)
  }

  /** Redis keeps exactly what the model has, and the books close. */
  async agree(after: string): Promise<void> {
    const shas = KEYS.map(sha1)
    const uniques = UNIQUES.map((key) => uniqueSha('mail', '', key))
    assert.deepEqual(
      await storedSummary(this.q.raw, this.q.keys, shas, uniques),
      this.model.summary(),
      `after ${after}`,
    )
    assert.deepEqual((await this.q.inspector.verify('q')).drift, [], `after ${after}`)
  }
}
