import { describe, expect, test } from 'vitest'
import { CallRing, chunks } from '../../src/core/calls.ts'
import { LIMITS } from '../../src/core/limits.ts'

describe('the calls of a client', () => {
  test('are numbered in the order in which they leave', async () => {
    const ring = new CallRing()
    const numbers = await Promise.all(Array.from({ length: 100 }, () => ring.run(async (call) => call)))
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  test('are fewer in flight than Redis remembers answers for; the others wait their turn', async () => {
    const ring = new CallRing()
    const open: (() => void)[] = []
    let most = 0
    let inFlight = 0
    const calls = Array.from({ length: 100 }, () =>
      ring.run(async (call) => {
        most = Math.max(most, ++inFlight)
        await new Promise<void>((resolve) => open.push(resolve))
        inFlight--
        return call
      }),
    )
    for (let round = 0; round < 100; round++) {
      open.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(most).toBe(LIMITS.callsInFlight)
    expect(most).toBeLessThan(64)
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })

  test('never run ahead of one that is still unanswered so far that its answer would be forgotten', async () => {
    const ring = new CallRing()
    let answer: () => void = () => {}
    const slow = ring.run(() => new Promise<void>((resolve) => (answer = resolve)))
    const done: number[] = []
    const quick = Array.from({ length: 200 }, () => ring.run(async (call) => done.push(call)))
    for (let round = 0; round < 300; round++) await new Promise((resolve) => setImmediate(resolve))
    expect(done).toHaveLength(LIMITS.callsInFlight - 1)
    answer()
    await Promise.all([slow, ...quick])
    expect(done).toEqual(Array.from({ length: 200 }, (_, i) => i + 2))
  })

  test('that fail make room as those that succeed do, and keep their number', async () => {
    const ring = new CallRing()
    const fail = () => ring.run(() => Promise.reject(new Error('no')))
    for (let i = 0; i < 3 * LIMITS.callsInFlight; i++) await expect(fail()).rejects.toThrow('no')
    expect(await ring.run(async (call) => call)).toBe(3 * LIMITS.callsInFlight + 1)
  })
})

describe('parts of a batch', () => {
  test('have at most 500 items, in order', () => {
    const items = Array.from({ length: 1_201 }, (_, i) => i)
    const parts = chunks(items)
    expect(parts.map((part) => part.length)).toEqual([500, 500, 201])
    expect(parts.flat()).toEqual(items)
    expect(chunks(items, undefined, 100).every((part) => part.length <= 100)).toBe(true)
  })

  test('have at most 1 MiB, but for an item that is larger by itself', () => {
    const sizes = [600_000, 400_000, 48_576, 1, 2_000_000, 5]
    expect(chunks(sizes, (size) => size)).toEqual([[600_000, 400_000, 48_576], [1], [2_000_000], [5]])
  })

  test('of nothing are none', () => {
    expect(chunks([])).toEqual([])
  })
})
