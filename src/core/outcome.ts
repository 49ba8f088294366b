import { type RetryPolicy, backoffMs } from './retry.ts'

/** How one run of a task ended, or why it never began. */
export type Outcome =
  | { readonly kind: 'returned' }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'discarded' }
  | { readonly kind: 'snoozed'; readonly delayMs: number }
  | { readonly kind: 'rate_limited'; readonly delayMs: number }
  | { readonly kind: 'invalid_payload' }
  | { readonly kind: 'malformed' }
  /** `known`: a live worker has a handler for it, so that it must not die. */
  | { readonly kind: 'unknown_type'; readonly known: boolean }
  /** Its payload is encrypted with a key that is not here. `known`: a live worker has it. */
  | { readonly kind: 'no_key'; readonly known: boolean }
  /** The process or thread in which it ran by itself died. */
  | { readonly kind: 'crashed' }
  /** Interrupted for reasons that are not the task's: a shutdown, a lost lease. */
  | { readonly kind: 'interrupted' }

export type DeadReason =
  | 'error'
  | 'timeout'
  | 'discarded'
  | 'invalid_payload'
  | 'malformed'
  | 'snooze_limit'
  | 'no_handler'
  | 'no_key'
  | 'poison'

/** What becomes of the task. `retry`, `dead` and `crash` count the attempt; the others do not. */
export type Decision =
  | { readonly verb: 'complete' }
  | { readonly verb: 'retry'; readonly reason: 'error' | 'timeout'; readonly delayMs: number }
  | { readonly verb: 'dead'; readonly reason: DeadReason }
  | { readonly verb: 'snooze'; readonly delayMs: number }
  | { readonly verb: 'refused'; readonly delayMs: number }
  | { readonly verb: 'unknown'; readonly delayMs: number }
  | { readonly verb: 'release' }
  /** Back to the front of its line; the crash is counted. */
  | { readonly verb: 'crash'; readonly reason: 'crash' }

/** The decisions that `Broker.fail` carries out. */
export type Failure = Extract<Decision, { verb: 'retry' | 'dead' | 'crash' }>

/** What the decision needs to know of a task's past. */
export interface TaskPast {
  /** Retries used so far. */
  readonly retries: number
  /** Deaths of its process that can only have been its own. */
  readonly crashes: number
  readonly snoozes: number
  /** When it first met a worker without a handler or a key for it; undefined when it never did. */
  readonly unknownSinceMs: number | undefined
}

/** A policy whose limit is settled: the task's own, else its type's, else the worker's. */
export type SettledPolicy = RetryPolicy & { readonly limit: number }

export const SNOOZES_MAX = 1000
/** As in `lua/reap.lua`, which counts the deaths of whole workers. */
const CRASHES_MAX = 3
/** How long a type, or a key, may be unknown to every worker before its tasks die. */
export const NO_HANDLER_AFTER_MS = 600_000
const UNKNOWN_DELAY_MIN_MS = 1000
const UNKNOWN_DELAY_MAX_MS = 30_000

const COMPLETE: Decision = { verb: 'complete' }
const RELEASE: Decision = { verb: 'release' }
const CRASH: Decision = { verb: 'crash', reason: 'crash' }

function retryOrDie(
  reason: 'error' | 'timeout',
  past: TaskPast,
  policy: SettledPolicy,
  random: () => number,
  error: unknown,
): Decision {
  if (past.retries >= policy.limit) return { verb: 'dead', reason }
  return { verb: 'retry', reason, delayMs: backoffMs(past.retries + 1, policy, random, error) }
}

/** As long again as it has been unknown: quick after a deploy began, rare when nobody ever comes. */
function unknown(past: TaskPast, known: boolean, reason: 'no_handler' | 'no_key', nowMs: number): Decision {
  const forMs = past.unknownSinceMs === undefined ? 0 : nowMs - past.unknownSinceMs
  if (!known && forMs >= NO_HANDLER_AFTER_MS) return { verb: 'dead', reason }
  return { verb: 'unknown', delayMs: Math.min(Math.max(forMs, UNKNOWN_DELAY_MIN_MS), UNKNOWN_DELAY_MAX_MS) }
}

/**
 * The one place that says what becomes of a task after a run. Pure: no clock, no randomness, no Redis of its own.
 * @param nowMs by Redis's clock, as `unknownSinceMs` is.
 */
export function decide(
  past: TaskPast,
  outcome: Outcome,
  policy: SettledPolicy,
  random: () => number,
  nowMs: number,
): Decision {
  switch (outcome.kind) {
    case 'returned':
      return COMPLETE
    case 'threw':
      return retryOrDie('error', past, policy, random, outcome.error)
    case 'timeout':
      return retryOrDie('timeout', past, policy, random, undefined)
    case 'snoozed':
      return past.snoozes >= SNOOZES_MAX
        ? { verb: 'dead', reason: 'snooze_limit' }
        : { verb: 'snooze', delayMs: outcome.delayMs }
    case 'rate_limited':
      return { verb: 'refused', delayMs: outcome.delayMs }
    case 'discarded':
    case 'invalid_payload':
    case 'malformed':
      return { verb: 'dead', reason: outcome.kind }
    case 'unknown_type':
      return unknown(past, outcome.known, 'no_handler', nowMs)
    case 'no_key':
      return unknown(past, outcome.known, 'no_key', nowMs)
    case 'crashed':
      return past.crashes + 1 >= CRASHES_MAX ? { verb: 'dead', reason: 'poison' } : CRASH
    case 'interrupted':
      return RELEASE
    default: {
      const none: never = outcome
      return none
    }
  }
}
