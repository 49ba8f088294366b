import { describe, expect, it } from 'vitest'
import { type Outcome, type SettledPolicy, type TaskPast, decide } from '../../src/core/outcome.ts'
import { retryPolicy } from '../../src/core/retry.ts'

const NOW_MS = 1_700_000_000_000
const policy: SettledPolicy = { ...retryPolicy({ jitter: 'none' }), limit: 3 }
const fresh: TaskPast = { retries: 0, crashes: 0, snoozes: 0, unknownSinceMs: undefined }
const after = (past: Partial<TaskPast>, outcome: Outcome): ReturnType<typeof decide> =>
  decide({ ...fresh, ...past }, outcome, policy, () => 0.5, NOW_MS)
const threw: Outcome = { kind: 'threw', error: new Error('boom') }

describe('what becomes of a task', () => {
  it('is completed when its handler returned, whatever happened before', () => {
    expect(after({ retries: 9, snoozes: 2000 }, { kind: 'returned' })).toEqual({ verb: 'complete' })
  })

  it('is retried after a failure while retries are left, later each time', () => {
    expect([0, 1, 2].map((retries) => after({ retries }, threw))).toEqual([
      { verb: 'retry', reason: 'error', delayMs: 200 },
      { verb: 'retry', reason: 'error', delayMs: 400 },
      { verb: 'retry', reason: 'error', delayMs: 800 },
    ])
  })

  it('dies of the failure after its last retry', () => {
    expect(after({ retries: 3 }, threw)).toEqual({ verb: 'dead', reason: 'error' })
    expect(decide(fresh, threw, { ...policy, limit: 0 }, () => 0, NOW_MS)).toEqual({ verb: 'dead', reason: 'error' })
  })

  it('is retried after a timeout as after any failure, and dies of the timeout', () => {
    expect(after({ retries: 1 }, { kind: 'timeout' })).toEqual({ verb: 'retry', reason: 'timeout', delayMs: 400 })
    expect(after({ retries: 3 }, { kind: 'timeout' })).toEqual({ verb: 'dead', reason: 'timeout' })
  })

  it('hands the error to a custom backoff', () => {
    const backoff = (_: number, error: unknown): number => (error as Error).message.length
    const custom = { ...retryPolicy({ backoff }), limit: 1 }
    expect(decide(fresh, threw, custom, () => 0, NOW_MS)).toMatchObject({ verb: 'retry', delayMs: 4 })
  })

  it.each(['discarded', 'invalid_payload', 'malformed'] as const)('dies at once when it is %s', (kind) => {
    expect(after({}, { kind })).toEqual({ verb: 'dead', reason: kind })
  })

  it('snoozes as long as its handler says, a thousand times at most', () => {
    const snoozed: Outcome = { kind: 'snoozed', delayMs: 1234 }
    expect(after({}, snoozed)).toEqual({ verb: 'snooze', delayMs: 1234 })
    expect(after({ snoozes: 999 }, snoozed)).toEqual({ verb: 'snooze', delayMs: 1234 })
    expect(after({ snoozes: 1000 }, snoozed)).toEqual({ verb: 'dead', reason: 'snooze_limit' })
  })

  it('goes back uncounted when it was interrupted, even with no retries left', () => {
    expect(after({ retries: 3 }, { kind: 'interrupted' })).toEqual({ verb: 'release' })
  })
})

describe('a task that ended its own process', () => {
  it('goes back to its line, whatever retries are left', () => {
    expect(after({ crashes: 1, retries: 3 }, { kind: 'crashed' })).toEqual({ verb: 'crash', reason: 'crash' })
  })

  it('is dead as poison the third time', () => {
    expect(after({ crashes: 2 }, { kind: 'crashed' })).toEqual({ verb: 'dead', reason: 'poison' })
  })
})

describe('a task of a type without a handler', () => {
  const unknown = (forMs: number | undefined, known = false): ReturnType<typeof decide> =>
    after({ unknownSinceMs: forMs === undefined ? undefined : NOW_MS - forMs }, { kind: 'unknown_type', known })

  it('is put off for a second at first', () => {
    expect(unknown(undefined)).toEqual({ verb: 'unknown', delayMs: 1000 })
    expect(unknown(0)).toEqual({ verb: 'unknown', delayMs: 1000 })
  })

  it('is put off longer the longer it has been unknown, up to half a minute', () => {
    expect([2000, 4000, 29_000, 30_000, 599_999].map((forMs) => unknown(forMs))).toEqual(
      [2000, 4000, 29_000, 30_000, 30_000].map((delayMs) => ({ verb: 'unknown', delayMs })),
    )
  })

  it('dies after ten minutes when no live worker knows the type', () => {
    expect(unknown(600_000)).toEqual({ verb: 'dead', reason: 'no_handler' })
  })

  it('never dies while a live worker knows the type', () => {
    expect(unknown(6_000_000, true)).toEqual({ verb: 'unknown', delayMs: 30_000 })
  })
})
