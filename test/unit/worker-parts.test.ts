import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Drain } from '../../src/core/worker/drain.ts'
import { type Lane, lanesOf, sharesOf, troubleMs } from '../../src/core/worker/lane.ts'
import { LiveGrants } from '../../src/core/worker/live-grants.ts'
import { settingsOf } from '../../src/core/worker/options.ts'
import { gate } from '../helpers/workbench.ts'

const lanes = (...weights: number[]): Lane[] =>
  lanesOf(settingsOf({ tasks: {}, queues: weights.map((weight, i) => ({ name: `q${i}`, weight })) }))

describe('the shares of queues', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 })

  it('never exceed the free slots by more than rounding, and give no queue a share of nothing', () => {
    fc.assert(
      fc.property(
        weights,
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (list, free, at) => {
          const shares = [...sharesOf(lanes(...list), free, () => at)]
          expect(shares.every(([, want]) => want >= 1)).toBe(true)
          expect(shares.reduce((sum, [, want]) => sum + want, 0)).toBe(Math.max(free, 0))
        },
      ),
    )
  })

  it('follow the weights', () => {
    const shares = new Map([...sharesOf(lanes(9, 1), 100, () => 0.5)].map(([lane, want]) => [lane.queue, want]))
    expect(shares).toEqual(
      new Map([
        ['q0', 90],
        ['q1', 10],
      ]),
    )
  })

  it('give a single free slot to each queue as often as its weight says', () => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < 100; i++) {
      const [first] = sharesOf(lanes(3, 1), 1, () => i / 100)
      counts[first![0].queue] = (counts[first![0].queue] ?? 0) + 1
    }
    expect(counts).toEqual({ q0: 75, q1: 25 })
  })
})

describe('the pause after trouble', () => {
  it('grows from 50–100 ms to 1–2 s', () => {
    expect([0, 1, 4, 5, 50].map((n) => troubleMs(n, () => 0))).toEqual([50, 100, 800, 1000, 1000])
    expect(troubleMs(50, () => 0.999_999)).toBeLessThanOrEqual(2000)
  })
})

describe('the live grants', () => {
  it('are seen by whoever shares their memory', () => {
    const mine = new LiveGrants(4)
    const theirs = new LiveGrants(mine.memory)
    const entry = mine.open(2, '17-abc', 1000)
    mine.open(0, '18-defg', 1001)
    expect([...theirs.alive()]).toEqual([
      { entry, lane: 2, nonce: '17-abc' },
      { entry: entry + 1, lane: 0, nonce: '18-defg' },
    ])
    expect(mine.renewedAt(entry)).toBe(1000)
    theirs.setRenewedAt(entry, 2000)
    expect(mine.renewedAt(entry)).toBe(2000)
  })

  it('are gone once closed, and their room is used again', () => {
    const grants = new LiveGrants(1)
    const entry = grants.open(0, 'a-long-nonce', 1)
    expect(grants.room).toBe(0)
    grants.close(entry)
    expect([...grants.alive()]).toEqual([])
    expect(grants.open(0, 'b', 2)).toBe(entry)
    expect([...grants.alive()]).toEqual([{ entry, lane: 0, nonce: 'b' }])
  })

  it('have an end', () => {
    const grants = new LiveGrants(1)
    grants.open(0, 'a', 1)
    expect(() => grants.open(0, 'b', 1)).toThrow('no room')
  })
})

describe('the wait of a suspect for silence', () => {
  it('ends by itself when the worker never falls silent, and is not begun again for a while', async () => {
    const givenUp = gate()
    const drain = new Drain(() => givenUp.open())
    const [lane] = lanes(1)
    lane!.patienceMs = 5
    expect(drain.begin(lane!, performance.now())).toBe(true)
    expect(drain.isOn).toBe(true)
    await givenUp.promise
    expect(drain.isOn).toBe(false)
    expect(drain.begin(lane!, lane!.deafUntil - 1)).toBe(false)
    expect(drain.begin(lane!, lane!.deafUntil + 1)).toBe(true)
    drain.end()
    expect(lane!.patienceMs).toBe(10)
  })

  it('is as short as before once a suspect was granted', () => {
    const drain = new Drain(() => {})
    const [lane] = lanes(1)
    lane!.patienceMs = 80_000
    lane!.deafUntil = Number.POSITIVE_INFINITY
    drain.succeeded(lane!, 1000)
    expect(lane).toMatchObject({ patienceMs: 1000, deafUntil: 0 })
  })
})
