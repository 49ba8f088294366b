import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { DEFAULT_RETRY, backoffMs, plainPolicy, retryPolicy } from '../../src/core/retry.ts'

const half = (): number => 0.5
const never = (): number => {
  throw new Error('randomness was asked for')
}

function problemOf(options: object): DqError {
  try {
    retryPolicy(options, 'email: retry')
  } catch (error) {
    if (error instanceof DqError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('a retry policy', () => {
  it('is exponential from 100 ms to an hour with full jitter unless told otherwise', () => {
    expect(DEFAULT_RETRY).toEqual({
      limit: undefined,
      backoff: 'exponential',
      baseMs: 100,
      capMs: 3_600_000,
      jitter: 'full',
    })
  })

  it('takes durations as ms or as text', () => {
    expect(retryPolicy({ base: '2s', cap: 60_000 })).toMatchObject({ baseMs: 2000, capMs: 60_000 })
  })

  it('has no jitter when it is fixed, unless it is asked for', () => {
    expect(retryPolicy({ backoff: 'fixed' }).jitter).toBe('none')
    expect(retryPolicy({ backoff: 'fixed', jitter: 'full' }).jitter).toBe('full')
  })

  it.each([
    [{ limit: -1 }, 'email: retry.limit'],
    [{ limit: 1.5 }, 'email: retry.limit'],
    [{ base: 'soon' }, 'email: retry.base'],
    [{ cap: -1 }, 'email: retry.cap'],
    [{ backoff: 'linear' }, 'email: retry.backoff'],
    [{ jitter: 'some' }, 'email: retry.jitter'],
    [{ delay: 5 }, 'email: retry.delay'],
  ])('refuses %o and names %s', (options, field) => {
    const problem = problemOf(options)
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(field)
    expect(problem.details).toEqual([field])
  })
})

describe('the delay before a retry', () => {
  it('is exactly 200, 400 and 800 ms without jitter', () => {
    const policy = retryPolicy({ jitter: 'none' })
    expect([1, 2, 3].map((retry) => backoffMs(retry, policy, never))).toEqual([200, 400, 800])
  })

  it('lies evenly between nothing and the plain delay with full jitter', () => {
    expect(backoffMs(3, DEFAULT_RETRY, () => 0)).toBe(0)
    expect(backoffMs(3, DEFAULT_RETRY, half)).toBe(400)
    expect(backoffMs(3, DEFAULT_RETRY, () => 0.999_999)).toBe(800)
  })

  it('never exceeds the cap, however many retries there were', () => {
    const policy = retryPolicy({ jitter: 'none', cap: '1s' })
    expect(backoffMs(4, policy, never)).toBe(1000)
    expect(backoffMs(5000, policy, never)).toBe(1000)
  })

  it('is the base each time when fixed', () => {
    const policy = retryPolicy({ backoff: 'fixed', base: '5s' })
    expect([1, 2, 9].map((retry) => backoffMs(retry, policy, never))).toEqual([5000, 5000, 5000])
  })

  it('is what a custom function says of the retry and the error, up to the cap', () => {
    const seen: unknown[] = []
    const backoff = (retry: number, error: unknown): number => {
      seen.push([retry, error])
      return retry * 1000
    }
    const policy = retryPolicy({ backoff, cap: '2500ms' })
    expect(backoffMs(2, policy, never, 'boom')).toBe(2000)
    expect(backoffMs(3, policy, never, 'boom')).toBe(2500)
    expect(seen).toEqual([
      [2, 'boom'],
      [3, 'boom'],
    ])
  })

  it.each([
    ['throws', never],
    ['gives no number', () => Number.NaN],
    ['gives a negative number', () => -1],
  ])('falls back to the default when a custom function %s', (_, backoff) => {
    expect(backoffMs(1, retryPolicy({ backoff }), half)).toBe(100)
  })
})

describe('a policy for another thread', () => {
  it('stays as it is when JSON can say it', () => {
    const policy = retryPolicy({ backoff: 'fixed', limit: 2 })
    expect(plainPolicy(policy)).toBe(policy)
  })

  it('keeps limit and cap and becomes exponential when it was a function', () => {
    const plain = plainPolicy(retryPolicy({ backoff: () => 1, limit: 7, cap: 500 }))
    expect(plain).toEqual({ ...DEFAULT_RETRY, limit: 7, capMs: 500 })
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
  })
})
