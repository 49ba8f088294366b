import { inspect } from 'node:util'
import { durationMs } from '../duration.ts'
import type { Snooze } from '../errors.ts'
import type { Outcome } from '../outcome.ts'

export interface Described {
  readonly message: string
  readonly stack: string | undefined
}

/** Text of anything that was thrown. Errors may have hostile getters, and anything at all can be thrown. */
export function describe(thrown: unknown): Described {
  try {
    if (thrown instanceof Error) {
      const { message: said, name }: { message: unknown; name: string } = thrown
      const message = typeof said === 'string' && said !== '' ? said : name
      return { message, stack: typeof thrown.stack === 'string' ? thrown.stack : undefined }
    }
    return {
      message: typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 2, breakLength: 200 }),
      stack: undefined,
    }
  } catch (fault) {
    void fault // a getter or an inspect method of the thrown value threw in turn
    return { message: 'threw something that cannot be read', stack: undefined }
  }
}

/** By name, so that a handler may use another copy of the library than its worker. */
export function nameOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.name : ''
  } catch (fault) {
    void fault // as in `describe`
    return ''
  }
}

/** What a thrown value means. @throws DqError when it is a `Snooze` with a delay that is none. */
export function outcomeOf(thrown: unknown): Outcome {
  switch (nameOf(thrown)) {
    case 'Discard':
      return { kind: 'discarded' }
    case 'Snooze':
      return { kind: 'snoozed', delayMs: durationMs((thrown as Snooze).delay, 'Snooze delay') }
    case 'RateLimited':
      return { kind: 'rate_limited', delayMs: durationMs((thrown as Snooze).delay, 'RateLimited delay') }
    default:
      return { kind: 'threw', error: thrown }
  }
}
