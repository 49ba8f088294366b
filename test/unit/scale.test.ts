import { describe, expect, test } from 'vitest'
import { etaMs, type ScaleReading, scaleOf } from '../../src/core/scale.ts'
import { scaleToWire } from '../../src/core/scale-wire.ts'
import type { QueueInfo, Series, WorkerInfo } from '../../src/core/task.ts'

/** So many a second, for as long as there are seconds; the current one is not over. */
const each = (n: number, seconds = 900): number[] => [
  ...Array.from({ length: 899 }, (_, i) => (i >= 899 - seconds ? n : 0)),
  1_000_000,
]

const series = (given: Partial<Series> = {}): Series => ({
  stepMs: 1_000,
  endMs: 0,
  enqueued: each(0),
  completed: each(0),
  failed: each(0),
  dead: each(0),
  ...given,
})

const aWorker = (given: Partial<WorkerInfo> = {}): WorkerInfo =>
  ({ slots: 10, busy: 5, queues: ['q'], quiet: false, silent: false, ...given }) as WorkerInfo

const info = (given: Partial<QueueInfo> = {}): QueueInfo =>
  ({
    name: 'q',
    paused: undefined,
    pending: { high: 0, default: 0, low: 0 },
    scheduled: 0,
    schedules: 0,
    active: 0,
    oldestPendingMs: undefined,
    ...given,
  }) as QueueInfo

const pending = (n: number) => ({ high: 0, default: n, low: 0 })

const scale = (given: Partial<ScaleReading> = {}) =>
  scaleOf({ info: info(), seconds: series(), workers: [aWorker()], slo: undefined, ...given })

describe('rates', () => {
  test('are of whole seconds, over one and five minutes', () => {
    const { arrival, drain } = scale({
      seconds: series({ enqueued: each(2), completed: each(3, 60), dead: each(1, 60), failed: each(9) }),
    })
    expect(arrival).toEqual({ oneMinute: 2, fiveMinutes: 2 })
    expect(drain).toEqual({ oneMinute: 4, fiveMinutes: 0.8 })
  })

  test('tell when the line is empty: at once, some time, never', () => {
    const rate = (n: number) => ({ oneMinute: n, fiveMinutes: n })
    expect(etaMs(0, rate(5), rate(0))).toBe(0)
    expect(etaMs(30, rate(2), rate(5))).toBe(10_000)
    expect(etaMs(30, rate(5), rate(5))).toBeUndefined()
    expect(etaMs(30, rate(0), { oneMinute: 0, fiveMinutes: 3 })).toBe(10_000)
  })

  test('of a paused queue tell no end', () => {
    const paused = { by: 'me', atMs: 0 }
    const seconds = series({ completed: each(5) })
    expect(scale({ info: info({ paused, pending: pending(5) }), seconds }).etaMs).toBeUndefined()
    expect(scale({ info: info({ paused }), seconds }).etaMs).toBe(0)
  })
})

describe('slots', () => {
  test('are those of live workers that serve the queue and claim', () => {
    const workers = [
      aWorker(),
      aWorker({ silent: true }),
      aWorker({ quiet: true }),
      aWorker({ queues: ['other'] }),
      aWorker({ slots: 0 }),
      aWorker({ slots: 20, busy: 1, queues: ['other', 'q'] }),
    ]
    expect(scale({ workers })).toMatchObject({ workers: 2, slots: { total: 30, busy: 6 } })
  })
})

describe('the suggestion', () => {
  const busy = (n: number, perSecond: number, waiting: number, workers = [aWorker()]) =>
    scale({
      info: info({ active: n, pending: pending(waiting) }),
      seconds: series({ enqueued: each(perSecond), completed: each(perSecond) }),
      workers,
    })

  test('is what comes, and what waits within a minute, times how long a task holds a slot', () => {
    // 8 active at 4/s: 2 s each. 4/s + 60/60 s = 5/s; 5 x 2 / 0.8 = 12.5 slots, 10 a worker.
    expect(busy(8, 4, 60)).toMatchObject({
      suggestedWorkers: 2,
      reason:
        '4 tasks/s come and 60 wait, to be gone in 60 s; each holds a slot for 2 s: 12.5 slots at 80 % use, 10 a worker, 2 workers',
    })
    expect(busy(4, 4, 0).suggestedWorkers).toBe(1)
  })

  test('takes the wait of the objective instead of a minute', () => {
    const slo = { waitMs: 10_000, target: 0.9, state: 'met', windows: [] } as const
    const given = { info: info({ active: 8, pending: pending(60) }), slo }
    const seconds = series({ enqueued: each(4), completed: each(4) })
    expect(scale({ ...given, seconds, workers: [aWorker(), aWorker()] }).suggestedWorkers).toBe(3)
  })

  test('grows at most twofold at once, and shrinks as far as one', () => {
    const { suggestedWorkers, reason } = busy(10, 1, 60_000)
    expect(suggestedWorkers).toBe(2)
    expect(reason).toMatch(/, of which 2 at once$/)
    expect(busy(1, 1, 0, [aWorker(), aWorker(), aWorker()]).suggestedWorkers).toBe(1)
  })

  test('is none only where nothing is to be done', () => {
    expect(scale()).toMatchObject({ suggestedWorkers: 0, reason: expect.stringContaining('nothing waits') })
    expect(scale({ info: info({ scheduled: 1 }) }).suggestedWorkers).toBe(1)
    expect(scale({ info: info({ schedules: 1 }) }).suggestedWorkers).toBe(1)
    expect(scale({ seconds: series({ enqueued: each(1) }) }).suggestedWorkers).toBe(1)
  })

  test('is one where nobody serves what waits', () => {
    expect(scale({ info: info({ pending: pending(5) }), workers: [] })).toMatchObject({
      suggestedWorkers: 1,
      etaMs: undefined,
      reason: 'no live worker serves the queue, and 5 tasks wait',
    })
  })

  test('is the present number where more would not help, or nothing can be seen', () => {
    const paused = { by: 'me', atMs: 0 }
    expect(scale({ info: info({ paused, pending: pending(9) }) }).suggestedWorkers).toBe(1)
    expect(scale({ info: info({ pending: pending(9) }) }).suggestedWorkers).toBe(1)
  })

  test('is one more where all slots are taken and nothing ends', () => {
    const workers = [aWorker({ busy: 10 })]
    expect(scale({ info: info({ pending: pending(9), active: 10 }), workers })).toMatchObject({
      suggestedWorkers: 2,
      reason: 'all 10 slots are taken, 9 tasks wait, and none ended within five minutes: one more',
    })
  })
})

test('on the wire nothing is left out: what is unknown is null', () => {
  expect(scaleToWire(scale({ info: info({ pending: pending(1) }) }))).toMatchObject({
    queue: 'q',
    pending: 1,
    oldest_ms: null,
    eta_ms: null,
    arrival_per_second: { '1m': 0, '5m': 0 },
    slo: null,
  })
})
