import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, type TestQueue } from '../helpers/engine.ts'

const RUNS = Number(process.env['DQ_MODEL_RUNS'] ?? 20)
const SEED = Number(process.env['DQ_MODEL_SEED'] ?? Date.now() % 2 ** 31)
const KEYS = ['a', 'b', 'c']
const RULES = [
  ['t:mail', 'c=1/1'],
  ['t:mail', 'c=2/0'],
  ['t:mail', 'r=5/1000/2/1;c=2/1'],
  ['t:mail', 'r=20/1000/1/0'],
  ['q', 'c=3/0'],
  ['q', 'r=30/1000/3/0'],
  ['t:mail', ''],
  ['q', ''],
] as const

type Step =
  | { readonly do: 'enqueue'; readonly key: number; readonly count: number }
  | { readonly do: 'claim'; readonly want: number; readonly idle: 0 | 1 }
  | { readonly do: 'end'; readonly how: 'complete' | 'retry' | 'dead' | 'front' | 'refused'; readonly which: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'expire' }
  | { readonly do: 'unstick' }
  | { readonly do: 'back'; readonly ms: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'rule'; readonly which: number }

const which = fc.nat(40)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      key: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      want: fc.integer({ min: 1, max: 5 }),
      idle: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      how: fc.constantFrom(
        'complete' as const,
        'complete' as const,
        'retry' as const,
        'dead' as const,
        'front' as const,
        'refused' as const,
      ),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unstick' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), ms: fc.constantFrom(3_000, 60_000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 200, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rule' as const), which: fc.nat(RULES.length - 1) }) },
)

interface Start {
  readonly id: string
  readonly key: string
  readonly atMs: number
}

/** Plays steps against Redis, and holds what limits promise after each. */
class Play {
  readonly q: TestQueue
  readonly rules = new Map<string, string>()
  readonly held = new Map<string, string>()
  readonly ids: string[] = []
  /** Since the rules last changed. */
  starts: Start[] = []
  #made = 0

  constructor(q: TestQueue) {
    this.q = q
  }

  async play(one: Step): Promise<void> {
    switch (one.do) {
      case 'enqueue': {
        const key = KEYS[one.key]!
        const ids = Array.from({ length: one.count }, () => `${key}${String(this.#made++).padStart(4, '0')}`)
        this.ids.push(...ids)
        await this.q.enqueue(
          ...ids.map((id) => aTask(id, { limitKey: key, priority: one.count === 1 ? 'high' : 'default' })),
        )
        return
      }
      case 'claim':
        return this.claim(one.want, one.idle)
      case 'end':
        return this.#end(one.how, [...this.held][one.which % Math.max(1, this.held.size)])
      case 'cancel':
        await this.q.run('cancel', { ids: [this.ids[one.which % Math.max(1, this.ids.length)] ?? 'none'] })
        return
      case 'expire':
        return this.expire()
      case 'unstick':
        await this.q.run('unstick')
        return
      case 'back':
        this.q.nowMs -= one.ms
        this.starts = []
        return
      case 'wait':
        this.q.nowMs += one.ms
        await this.q.run('promote')
        return
      case 'rule': {
        const [scope, rule] = RULES[one.which]!
        this.rules.set(scope, rule)
        this.starts = []
        await this.q.run('limit', { items: [scope, rule] })
      }
    }
  }

  async claim(want: number, idle: 0 | 1): Promise<void> {
    await this.q.raw.del(this.q.keys.wake)
    const reply = (await this.q.claim({ want, idle })) as [string, string, string, number, string[]]
    if (reply[0] !== 'granted') return this.#isToldOfMore(reply)
    for (const id of reply[4]) {
      this.held.set(id, reply[1])
      this.starts.push({ id, key: id[0]!, atMs: this.q.nowMs })
    }
  }

  /** Who gets nothing is told when to come again, or leaves a token for others, while anything may start. */
  async #isToldOfMore([, , later]: readonly unknown[]): Promise<void> {
    if (later !== undefined || (await this.q.raw.exists(this.q.keys.wake)) === 1) return
    for (const ready of [this.q.keys.ready_high, this.q.keys.ready_default, this.q.keys.ready_low])
      assert.equal(await this.q.raw.zcount(ready, '-inf', this.q.nowMs), 0, 'a line may go on, and nobody knows')
  }

  async #end(how: Extract<Step, { do: 'end' }>['how'], held: [string, string] | undefined): Promise<void> {
    if (held === undefined) return
    const [id, nonce] = held
    this.held.delete(id)
    if (how === 'complete') await this.q.complete({ nonce, ids: [id], hasRecord: true })
    else if (how === 'front' || how === 'refused') await this.q.release({ nonce, id, mode: how, delayMs: 100 })
    else await this.q.fail({ nonce, id, verdict: how, delayMs: 100 })
  }

  async expire(): Promise<void> {
    for (let sweep = 0; sweep < 4; sweep++) {
      this.q.nowMs += LEASE_MS / 3
      await this.q.run('reap')
    }
    this.held.clear()
  }

  /** No more run than there are slots, and none is taken by what does not run. */
  async check(): Promise<void> {
    const state = await this.q.state()
    const running = Object.keys((state['holders'] as Record<string, string> | undefined) ?? {})
    for (const [scope, text] of this.rules) {
      const [, limit, per, burst, keyed] = /r=(\d+)\/(\d+)\/(\d+)\/([01])/.exec(text) ?? []
      for (const key of keyed === '1' ? KEYS : [undefined]) {
        const starts = this.starts.filter((start) => key === undefined || start.key === key)
        if (limit === undefined || !(scope === 'q' || scope === 't:mail')) continue
        starts.forEach(({ atMs }, i) => {
          const bound = Math.ceil(((starts.at(-1)!.atMs - atMs) * Number(limit)) / Number(per) - 1e-6) + Number(burst)
          assert.ok(starts.length - i <= bound + 1e-6, `${scope} ${text}`)
        })
      }
    }
    for (const [base, slots] of Object.entries(state).filter(([name]) => name.startsWith('limits:slots:')))
      for (const id of slots as string[]) assert.ok(running.includes(id), `${id} has a slot of ${base}`)
    await this.q.expectSound()
  }

  /** Runs all that is left, whatever limits there are. */
  async drain(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      this.q.nowMs += 500
      if (round % 20 === 0) await this.q.run('unstick')
      await this.q.run('promote')
      await this.claim(5, 1)
      for (const held of this.held) await this.#end('complete', held)
      const { pending, limited, scheduled, active } = (await this.q.inspector.snapshot(['q']))[0]!
      if (pending.high + pending.default + pending.low + limited + scheduled + active === 0) return
      if (active > this.held.size) await this.expire()
    }
    assert.fail('tasks are left that nobody can finish')
  }
}

test(
  `limits hold, and nothing is stuck, whatever happens in whatever order (seed ${SEED})`,
  { timeout: 180_000 },
  async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const play = new Play(await openQueue())
      for (const one of [{ do: 'rule', which: 0 } as const, ...steps]) {
        await play.play(one)
        await play.check()
      }
      await play.drain()
      await play.check()
    })
    await expect(
      fc.assert(property, { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 120_000 }),
    ).resolves.toBeUndefined()
  },
)

test('tasks of one key are started in the order in which they came, whatever is given back in between', async () => {
  const play = new Play(await openQueue())
  await play.play({ do: 'rule', which: 0 })
  for (let i = 0; i < 40; i++) await play.play({ do: 'enqueue', key: i % 3, count: 1 })
  for (let i = 0; play.starts.length < 60 && i < 500; i++) {
    await play.claim(1 + (i % 3), 1)
    const how = i % 4 === 0 ? 'front' : 'complete'
    await play.play({ do: 'end', how, which: i })
  }
  for (const key of KEYS) {
    const first = [...new Set(play.starts.filter((start) => start.key === key).map(({ id }) => id))]
    expect(first).toEqual(first.toSorted())
  }
})
