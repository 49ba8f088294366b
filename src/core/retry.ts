import { durationMs } from './duration.ts'
import { DqError } from './errors.ts'

/** Milliseconds until retry number `retry` (1 for the first one). */
export type CustomBackoff = (retry: number, error: unknown) => number
export type Backoff = 'exponential' | 'fixed' | CustomBackoff
export type Jitter = 'full' | 'none'

/** How a type is retried, as it is written down. Durations are ms or text such as `'1h'`. */
export interface RetryOptions {
  /** Retries after the first attempt; 0 means that the first failure is the last. */
  readonly limit?: number
  /** Default `exponential`: base × 2^n before retry n. `fixed`: base before each. */
  readonly backoff?: Backoff
  /** Default 100 ms. */
  readonly base?: number | string
  /** No delay is longer, whatever the rest says. Default 1 h. */
  readonly cap?: number | string
  /** `full`: anything between 0 and the delay, evenly. Default `full` for exponential, `none` for fixed. */
  readonly jitter?: Jitter
}

/** The same, checked and complete, but for `limit`: undefined leaves it to the worker. */
export interface RetryPolicy {
  readonly limit: number | undefined
  readonly backoff: Backoff
  readonly baseMs: number
  readonly capMs: number
  readonly jitter: Jitter
}

/** The most retries anybody can ask for. */
export const RETRIES_MAX = 1000

const refuse = (what: string, problem: string): DqError =>
  new DqError('invalid_input', `${what}: ${problem}`, { details: [what] })

export function retryLimit(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= RETRIES_MAX) return value
  throw refuse(what, `${value} is not a number of retries; write a whole number from 0 to ${RETRIES_MAX}`)
}

/**
 * Checks what was written and fills in the rest.
 * @param what names the place in errors, such as `email: retry`.
 * @throws DqError `invalid_input`.
 */
export function retryPolicy(options: RetryOptions = {}, what = 'retry'): RetryPolicy {
  for (const key of Object.keys(options))
    if (!['limit', 'backoff', 'base', 'cap', 'jitter'].includes(key))
      throw refuse(`${what}.${key}`, 'no such option; there are limit, backoff, base, cap and jitter')
  const { limit, backoff = 'exponential', base = 100, cap = 3_600_000 } = options
  if (typeof backoff !== 'function' && backoff !== 'exponential' && backoff !== 'fixed')
    throw refuse(`${what}.backoff`, `'${String(backoff)}' is neither exponential, fixed nor a function`)
  const jitter = options.jitter ?? (backoff === 'exponential' ? 'full' : 'none')
  if (jitter !== 'full' && jitter !== 'none')
    throw refuse(`${what}.jitter`, `'${String(jitter)}' is neither full nor none`)
  return {
    limit: limit === undefined ? undefined : retryLimit(limit, `${what}.limit`),
    backoff,
    baseMs: durationMs(base, `${what}.base`),
    capMs: durationMs(cap, `${what}.cap`),
    jitter,
  }
}

export const DEFAULT_RETRY: RetryPolicy = retryPolicy()

/** What a custom function says, when it says something usable. Its own faults must not cost the task its retry. */
function customMs(backoff: CustomBackoff, retry: number, error: unknown): number | undefined {
  try {
    const ms = backoff(retry, error)
    return Number.isFinite(ms) && ms >= 0 ? ms : undefined
  } catch (fault) {
    void fault // a throwing backoff function reads as one without an opinion: the default delay applies
    return undefined
  }
}

/**
 * How long to wait before a retry, whole ms, never over the cap.
 * @param retry 1 for the first retry.
 * @param random evenly from [0, 1).
 * @param error what the attempt threw, for a custom function.
 */
export function backoffMs(retry: number, policy: RetryPolicy, random: () => number, error?: unknown): number {
  const { backoff, baseMs, capMs, jitter } = policy
  if (typeof backoff === 'function') {
    const ms = customMs(backoff, retry, error)
    return ms === undefined ? backoffMs(retry, { ...DEFAULT_RETRY, capMs }, random) : Math.min(Math.round(ms), capMs)
  }
  // 2 ** 60 is past every cap, and still finite.
  const plain = Math.min(backoff === 'fixed' ? baseMs : baseMs * 2 ** Math.min(retry, 60), capMs)
  return jitter === 'none' ? plain : Math.floor(random() * (plain + 1))
}

/** A policy as JSON can say it: a custom function becomes the exponential default. */
export function plainPolicy(policy: RetryPolicy): RetryPolicy {
  if (typeof policy.backoff !== 'function') return policy
  return { ...DEFAULT_RETRY, limit: policy.limit, capMs: policy.capMs }
}
