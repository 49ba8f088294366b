import { DqError } from '../errors.ts'
import { describe } from './failure.ts'

/** What stands in a failure record for a payload that cannot be read; not quoted, since it would show a part of it. */
export const NOT_JSON = 'the payload is not JSON'

/** @throws Error in words, for what JSON cannot say: a BigInt, a cycle. */
export function resultText(result: unknown): string | undefined {
  try {
    return JSON.stringify(result)
  } catch (cause) {
    throw new Error(`its result cannot be written as JSON: ${describe(cause).message}`, { cause })
  }
}

/** @throws DqError `invalid_input` when it is no number. */
export function checkProgress(value: number): number {
  if (Number.isFinite(value)) return value
  throw new DqError('invalid_input', `progress ${String(value)} is not a number`, { details: ['progress'] })
}
