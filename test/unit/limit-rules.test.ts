import { describe, expect, test } from 'vitest'
import { defineTask } from '../../src/core/handlers.ts'
import {
  checkRate,
  decodeRule,
  encodeRule,
  keyOf,
  type LimitRule,
  parseRate,
  rateText,
  storedKey,
} from '../../src/core/limit-rules.ts'

test.each([
  ['50/s', { limit: 50, perMs: 1_000, burst: 1 }],
  ['10/1m', { limit: 10, perMs: 60_000, burst: 1 }],
  ['100/s,20', { limit: 100, perMs: 1_000, burst: 20 }],
  ['5000/s', { limit: 5_000, perMs: 1_000, burst: 50 }],
  ['3/500ms', { limit: 3, perMs: 500, burst: 1 }],
])('the rate %s is read, and written the same', (text, rate) => {
  expect(parseRate(text, '--rate')).toEqual(rate)
  expect(parseRate(rateText(rate), '--rate')).toEqual(rate)
})

test.each(['', '50', 's', '50/', '50/x', '-1/s', '0/s', '1/0s', '1/s,0', '1/31d', '2000000/s', '1e3/s'])(
  'the rate %j is refused, naming its option',
  (text) => {
    expect(() => parseRate(text, '--rate')).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => parseRate(text, '--rate')).toThrow(/--rate/)
  },
)

test.each<LimitRule>([
  { rate: { limit: 50, perMs: 1_000, burst: 3, keyed: true }, slots: undefined, enqueue: undefined },
  { rate: undefined, slots: { most: 5, keyed: false }, enqueue: undefined },
  {
    rate: { limit: 1, perMs: 60_000, burst: 1, keyed: false },
    slots: { most: 2, keyed: true },
    enqueue: { limit: 9, perMs: 10, burst: 4 },
  },
])('a rule comes back as it was stored: %j', (rule) => {
  expect(decodeRule(`${encodeRule(rule)};s=hand`)).toEqual({ ...rule, source: 'hand' })
  expect(decodeRule(encodeRule(rule)).source).toBe('code')
})

describe('a key', () => {
  test('is what a path or a function finds in the payload', () => {
    expect(keyOf('tenant', { tenant: 'a' })).toBe('a')
    expect(keyOf('user.id', { user: { id: 7 } })).toBe('7')
    expect(keyOf((payload: { a: string }) => payload.a, { a: 'x' })).toBe('x')
  })

  test.each([null, 1, {}, { user: null }, { user: { id: {} } }])('is none where %j has none', (payload) => {
    expect(keyOf('user.id', payload)).toBeUndefined()
  })

  test('is stored as it is where that is safe, else as its hash', () => {
    expect(storedKey('tenant-42@eu')).toBe('tenant-42@eu')
    for (const key of ['a b', 'a|b', 'a#b', 'ä', '\n', 'x'.repeat(65)]) expect(storedKey(key)).toMatch(/^~[\w-]{20}$/)
  })
})

const define = (limits: object): unknown => defineTask({ type: 'mail', run: () => undefined, ...limits })

test.each([
  ['rateLimit.limit', { rateLimit: { limit: 0 } }],
  ['rateLimit.limit', { rateLimit: { limit: 1.5 } }],
  ['rateLimit.per', { rateLimit: { limit: 1, per: 0 } }],
  ['rateLimit.per', { rateLimit: { limit: 1, per: 'soon' } }],
  ['rateLimit.burst', { rateLimit: { limit: 1, burst: -1 } }],
  ['rateLimit.key', { rateLimit: { limit: 1, key: 'a..b' } }],
  ['rateLimit.queues', { rateLimit: { limit: 1, queues: ['a', 'b'] } }],
  ['rateLimit', { rateLimit: 5 }],
  ['concurrency', { concurrency: 0 }],
  ['concurrency', { concurrency: { limit: -1 } }],
  ['concurrency.key', { rateLimit: { limit: 1, key: 'a' }, concurrency: { limit: 1, key: 'b' } }],
])('a limit that cannot be is refused where it is defined, naming %s', (field, limits) => {
  expect(() => define(limits)).toThrow(expect.objectContaining({ code: 'invalid_input', details: [field] }))
})

test('a burst that is not said is what 10 ms let start', () => {
  expect(checkRate({ limit: 50 }, 'r').burst).toBe(1)
  expect(checkRate({ limit: 1_000 }, 'r').burst).toBe(10)
  expect(checkRate({ limit: 1_000, per: '1m' }, 'r').burst).toBe(1)
})
