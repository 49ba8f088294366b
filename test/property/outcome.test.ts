import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Outcome, type SettledPolicy, type TaskPast, SNOOZES_MAX, decide } from '../../src/core/outcome.ts'

const pasts: fc.Arbitrary<TaskPast> = fc.record({
  retries: fc.nat(20),
  crashes: fc.nat(5),
  snoozes: fc.nat(SNOOZES_MAX + 5),
  unknownSinceMs: fc.option(fc.nat(2_000_000_000_000), { nil: undefined }),
})
const policies: fc.Arbitrary<SettledPolicy> = fc.record({
  limit: fc.nat(20),
  backoff: fc.constantFrom('exponential' as const, 'fixed' as const),
  baseMs: fc.nat(10_000),
  capMs: fc.nat(10_000_000),
  jitter: fc.constantFrom('full' as const, 'none' as const),
})
const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>(
    { kind: 'returned' },
    { kind: 'timeout' },
    { kind: 'discarded' },
    { kind: 'invalid_payload' },
    { kind: 'malformed' },
    { kind: 'crashed' },
    { kind: 'interrupted' },
  ),
  fc.anything().map((error): Outcome => ({ kind: 'threw', error })),
  fc.nat(1_000_000).map((delayMs): Outcome => ({ kind: 'snoozed', delayMs })),
  fc.boolean().map((known): Outcome => ({ kind: 'unknown_type', known })),
)
const units = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const times = fc.nat(2_000_000_000_000)

test('only a return completes, and a return always does', () => {
  fc.assert(
    fc.property(pasts, outcomes, policies, units, times, (past, outcome, policy, unit, nowMs) => {
      const { verb } = decide(past, outcome, policy, () => unit, nowMs)
      expect(verb === 'complete').toBe(outcome.kind === 'returned')
    }),
  )
})

test('no task is retried more often than its limit', () => {
  fc.assert(
    fc.property(pasts, outcomes, policies, units, times, (past, outcome, policy, unit, nowMs) => {
      const { verb } = decide(past, outcome, policy, () => unit, nowMs)
      expect(verb === 'retry' && past.retries >= policy.limit).toBe(false)
    }),
  )
})

test('no failure kills a task that has retries left', () => {
  fc.assert(
    fc.property(pasts, outcomes, policies, units, times, (past, outcome, policy, unit, nowMs) => {
      const failed = outcome.kind === 'threw' || outcome.kind === 'timeout'
      if (!failed || past.retries >= policy.limit) return
      expect(decide(past, outcome, policy, () => unit, nowMs).verb).toBe('retry')
    }),
  )
})

test('every delay is a whole number that is not negative, and bounded', () => {
  fc.assert(
    fc.property(pasts, outcomes, policies, units, times, (past, outcome, policy, unit, nowMs) => {
      const decision = decide(past, outcome, policy, () => unit, nowMs)
      if (!('delayMs' in decision)) return
      const most = { retry: policy.capMs, snooze: 1_000_000, refused: 1_000_000, unknown: 30_000 }[decision.verb]
      expect(Number.isInteger(decision.delayMs)).toBe(true)
      expect(decision.delayMs).toBeGreaterThanOrEqual(0)
      expect(decision.delayMs).toBeLessThanOrEqual(most)
    }),
  )
})

test('an interruption never costs anything', () => {
  fc.assert(
    fc.property(pasts, policies, units, times, (past, policy, unit, nowMs) => {
      expect(decide(past, { kind: 'interrupted' }, policy, () => unit, nowMs)).toEqual({ verb: 'release' })
    }),
  )
})

test('the same input gives the same decision', () => {
  fc.assert(
    fc.property(pasts, outcomes, policies, units, times, (past, outcome, policy, unit, nowMs) => {
      const once = decide(past, outcome, policy, () => unit, nowMs)
      expect(decide(past, outcome, policy, () => unit, nowMs)).toEqual(once)
    }),
  )
})
