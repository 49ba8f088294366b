import { setTimeout as pause } from 'node:timers/promises'
import { DqError } from '../../core/errors.ts'

/** The work's outcome, or after `ms` an error; what comes later is ignored. @throws DqError `timeout` */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const stop = new AbortController()
  const late = pause(ms, undefined, { signal: stop.signal }).then(() => {
    throw new DqError('timeout', `Redis did not answer within ${ms / 1000} s`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    // Both are settled or of no interest from here on.
    late.catch(() => {})
    work.catch(() => {})
    stop.abort()
  }
}
