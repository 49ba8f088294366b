import { describe, expect, test } from 'vitest'
import { idGenerator } from '../../src/core/ids.ts'
import { type Books, decodeSnapshot, ledgerOf, totalOf } from '../../src/core/snapshot.ts'

const NOW = 1_700_000_000_000
const SECOND = NOW / 1_000

/** A reply of the script for an empty queue, with some of its fields replaced. */
function reply(fields: Record<number, unknown> = {}): unknown[] {
  const empty: unknown[] = [NOW, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ['', '', ''], '', '', 0, [], 0, [], 0]
  for (const [at, value] of Object.entries(fields)) empty[Number(at)] = value
  return empty
}

/** The last 16 slots, where `counts[i]` is what came in `i` seconds before the last one. */
const slots = (counts: Record<number, readonly number[]>): number[] =>
  Array.from({ length: 16 }, (_, i) => counts[15 - i] ?? [0, 0, 0, 0]).flat()

test('an empty queue has nothing, and its books close', () => {
  expect(decodeSnapshot('q', reply())).toMatchObject({
    name: 'q',
    paused: undefined,
    pending: { high: 0, default: 0, low: 0 },
    oldestPendingMs: undefined,
    soonestDueMs: undefined,
    rates: { enqueued: 0, completed: 0, failed: 0 },
    counters: {},
    claimed: 0,
    stale: 0,
    ledger: { ok: true, drift: [] },
    atMs: NOW,
  })
})

test('sizes, the pause, the schedules and the next due time are read by their places', () => {
  const sizes = { 1: 1, 2: 2, 3: 3, 5: 5, 6: 6, 7: 2, 8: 6, 9: 9, 10: 10, 11: 11, 13: 13 }
  expect(decodeSnapshot('q', reply({ ...sizes, 15: '7', 16: 'an|operator|5', 17: 4 }))).toMatchObject({
    pending: { high: 1, default: 2, low: 3 },
    scheduled: 5,
    active: 6,
    leases: 2,
    dead: 9,
    trash: 10,
    completed: 11,
    limited: 13,
    soonestDueMs: 7,
    paused: { by: 'an|operator', atMs: 5 },
    schedules: 4,
  })
})

test('the oldest of the tasks next to run tells its age; ids that callers chose do not', () => {
  const idOf = (ms: number): string => idGenerator(() => ms)()
  const heads = [idOf(NOW - 5_000), 'order-17', idOf(NOW - 9_000)]
  expect(decodeSnapshot('q', reply({ 14: heads })).oldestPendingMs).toBe(9_000)
  expect(decodeSnapshot('q', reply({ 14: ['', 'order-17', ''] })).oldestPendingMs).toBeUndefined()
  expect(decodeSnapshot('q', reply({ 14: [idOf(NOW + 5_000), '', ''] })).oldestPendingMs).toBe(0)
})

test('counters are grouped by event and type, whatever colons a type has', () => {
  const flat = ['enqueued:a:b', '2', 'enqueued:mail', '3', 'type:mail', '1', 'types', '2', 'claimed', '4', 'stale', '5']
  const { counters, claimed, stale } = decodeSnapshot('q', reply({ 18: flat }))
  expect(counters).toEqual({ enqueued: { 'a:b': 2, mail: 3 } })
  expect([claimed, stale, totalOf(counters, 'enqueued'), totalOf(counters, 'never')]).toEqual([4, 5, 5, 0])
})

describe('rates', () => {
  test('are over the ten whole seconds before now: the present one does not count, nor older ones', () => {
    const counts = { 0: [100, 0, 0, 0], 1: [10, 20, 30, 40], 10: [1, 2, 3, 4], 11: [1_000, 0, 0, 0] }
    expect(decodeSnapshot('q', reply({ 19: SECOND, 20: slots(counts) })).rates).toEqual({
      enqueued: 1.1,
      completed: 2.2,
      failed: 3.3,
    })
  })

  test('fall to zero when nothing has happened for a while', () => {
    const rates = (ago: number) =>
      decodeSnapshot('q', reply({ 19: SECOND - ago, 20: slots({ 0: [10, 0, 0, 0] }) })).rates
    expect([rates(1), rates(10), rates(11)].map(({ enqueued }) => enqueued)).toEqual([1, 1, 0])
  })
})

test.each([null, 'OK', [], [1, 2], reply().slice(0, 20)])('a reply that is none is refused: %j', (broken) => {
  expect(() => decodeSnapshot('q', broken)).toThrow(expect.objectContaining({ code: 'broken_reply' }))
})

describe('the books', () => {
  const books: Books = {
    tasks: 15,
    pendingEntries: 6,
    ghosts: 1,
    scheduled: 2,
    blocked: 0,
    active: 3,
    dead: 4,
    trash: 1,
    limited: 0,
    leases: 2,
    grantsLeft: 3,
    counters: {
      enqueued: { a: 20, b: 4 },
      restored: { a: 1 },
      adopted: { malformed: 1 },
      completed: { a: 8 },
      cancelled: { a: 1 },
      purged: { a: 3 },
    },
  }

  test('close when every task is in one place, every hold has its grant, and what came went or is here', () => {
    expect(ledgerOf(books)).toEqual({ ok: true, drift: [] })
  })

  test.each([
    [{ tasks: 16 }, '16 tasks, but 15 places'],
    [{ ghosts: 0 }, '15 tasks, but 16 places'],
    [{ grantsLeft: 2 }, '3 held tasks, but grants for 2'],
    [{ counters: { ...books.counters, restored: {} } }, '25 tasks came in, but 26 went out or are here'],
    [{ trash: 2, pendingEntries: 5 }, '26 tasks came in, but 25 went out or are here'],
  ])('that do not close say where: %j', (wrong, words) => {
    expect(ledgerOf({ ...books, ...wrong }).drift).toContain(words)
  })

  test('say nothing of grants that were too many to count', () => {
    expect(ledgerOf({ ...books, grantsLeft: -1 }).ok).toBe(true)
  })
})
