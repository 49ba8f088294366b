import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RetryPolicy, backoffMs } from '../../src/core/retry.ts'

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  limit: fc.constant(undefined),
  backoff: fc.constantFrom('exponential' as const, 'fixed' as const),
  baseMs: fc.nat(100_000),
  capMs: fc.nat(100_000_000),
  jitter: fc.constantFrom('full' as const, 'none' as const),
})
const retries = fc.integer({ min: 1, max: 2000 })
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('every delay is a whole number from 0 to the cap', () => {
  fc.assert(
    fc.property(policies, retries, unit, (policy, retry, at) => {
      const ms = backoffMs(retry, policy, () => at)
      expect(Number.isInteger(ms)).toBe(true)
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(policy.capMs)
    }),
  )
})

test('without jitter a later retry never waits less', () => {
  fc.assert(
    fc.property(policies, retries, (policy, retry) => {
      const plain = { ...policy, jitter: 'none' as const }
      const wait = (n: number): number => backoffMs(n, plain, () => 0)
      expect(wait(retry + 1)).toBeGreaterThanOrEqual(wait(retry))
    }),
  )
})

test('without jitter it doubles until the cap, or stays the base', () => {
  fc.assert(
    fc.property(policies, retries, (policy, retry) => {
      const plain = { ...policy, jitter: 'none' as const }
      const uncapped = policy.backoff === 'fixed' ? policy.baseMs : policy.baseMs * 2 ** Math.min(retry, 60)
      expect(backoffMs(retry, plain, () => 0)).toBe(Math.min(uncapped, policy.capMs))
    }),
  )
})

test('jitter only ever shortens a delay', () => {
  fc.assert(
    fc.property(policies, retries, unit, (policy, retry, at) => {
      const jittered = backoffMs(retry, { ...policy, jitter: 'full' }, () => at)
      expect(jittered).toBeLessThanOrEqual(backoffMs(retry, { ...policy, jitter: 'none' }, () => at))
    }),
  )
})

test('jitter is spread evenly: more randomness, longer delay', () => {
  fc.assert(
    fc.property(policies, retries, unit, unit, (policy, retry, a, b) => {
      const wait = (at: number): number => backoffMs(retry, { ...policy, jitter: 'full' }, () => at)
      expect(wait(Math.max(a, b))).toBeGreaterThanOrEqual(wait(Math.min(a, b)))
    }),
  )
})

const anything = fc.oneof(fc.double(), fc.constant(Number.POSITIVE_INFINITY), fc.integer())

test('whatever a custom function says, the cap holds', () => {
  fc.assert(
    fc.property(anything, retries, fc.nat(1_000_000), (said, retry, capMs) => {
      const policy: RetryPolicy = { limit: 1, backoff: () => said, baseMs: 100, capMs, jitter: 'full' }
      const ms = backoffMs(retry, policy, () => 0.5)
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(capMs)
    }),
  )
})
