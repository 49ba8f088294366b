import { describe, expect, test } from 'vitest'
import { checkObjective, decodeObjective, decodeWaits, encodeObjective, reportObjective } from '../../src/core/slo.ts'

const MINUTE = 60_000
const NOW = 1_700_000_000_000
const OBJECTIVE = { waitMs: 30_000, target: 0.99 }

/** One count a minute, from now back. */
const minutes = (n: number, total: number, late: number) =>
  Array.from({ length: n }, (_, i) => ({ minute: Math.floor(NOW / MINUTE) - i, total, late }))

const report = (counts: ReturnType<typeof minutes>, oldestMs?: number) =>
  reportObjective(OBJECTIVE, counts, { atMs: NOW, oldestMs })

describe('an objective', () => {
  test('is a wait and a share, and read back as it was written', () => {
    const objective = checkObjective({ wait: '30s', target: 0.995 })
    expect(objective).toEqual({ waitMs: 30_000, target: 0.995 })
    expect(decodeObjective(encodeObjective(objective))).toEqual(objective)
  })

  test.each([undefined, null, '', '30000', '30000|1', '30000|x', '|0.9', '-1|0.9', 'x|0.9|y'])(
    'is none: %s',
    (text) => {
      expect(decodeObjective(text)).toBeUndefined()
    },
  )

  test.each([
    [{ wait: '0s', target: 0.9 }, /^wait: has to be from 1ms to 1d/],
    [{ wait: '2d', target: 0.9 }, /^wait: /],
    [{ wait: 'soon', target: 0.9 }, /^wait: 'soon' is not a duration/],
    [{ wait: 1, target: 1 }, /^target: 1 has to lie between 0 and 1/],
    [{ wait: 1, target: 0 }, /^target: /],
    [{ wait: 1, target: Number.NaN }, /^target: /],
  ])('of %j is refused', (given, message) => {
    expect(() => checkObjective(given)).toThrow(message)
  })
})

describe('how an objective stands', () => {
  test('is counted over windows, as the share that was late over the share that may be', () => {
    const { windows, state } = report(minutes(10, 100, 1))
    expect(state).toBe('met')
    expect(windows).toEqual([
      { windowMs: 5 * MINUTE, total: 500, late: 5, burn: 1 },
      { windowMs: 30 * MINUTE, total: 1_000, late: 10, burn: 1 },
      { windowMs: 60 * MINUTE, total: 1_000, late: 10, burn: 1 },
      { windowMs: 360 * MINUTE, total: 1_000, late: 10, burn: 1 },
    ])
  })

  test('is unknown while nothing began, and stalled when meanwhile something waits too long', () => {
    expect(report([])).toMatchObject({ state: 'unknown', windows: [{ burn: undefined }, {}, {}, {}] })
    expect(report([], 30_000).state).toBe('unknown')
    expect(report([], 30_001).state).toBe('stalled')
    expect(report(minutes(1, 5, 0), 30_001).state).toBe('met')
  })

  test('burns fast when the hour and the last minutes do, and no more once it is over', () => {
    expect(report(minutes(60, 100, 20)).state).toBe('fast')
    const over = minutes(60, 100, 20).map((one, i) => (i < 6 ? { ...one, late: 0 } : one))
    expect(report(over).state).toBe('slow')
  })

  test('burns slowly when six hours and half an hour do', () => {
    expect(report(minutes(360, 100, 8)).state).toBe('slow')
    expect(report(minutes(360, 100, 5)).state).toBe('met')
  })
})

test('foreign entries of the ring count nothing', () => {
  expect(decodeWaits(['1', '5|2|1', '2', 'x', '3', '6|2', '7|1|1', 'y'])).toEqual([{ minute: 5, total: 2, late: 1 }])
})
