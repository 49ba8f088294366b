import { DqError } from './errors.ts'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/**
 * Milliseconds of a duration: a number is milliseconds, text is `500ms`, `30s`, `1m30s`, `2h`, `1d`.
 * @param what names the field in the error.
 * @throws DqError `invalid_input` when it is not a duration.
 */
export function durationMs(value: number | string, what: string): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && value >= 0) return Math.round(value)
  } else if (WHOLE.test(value)) {
    let ms = 0
    for (const [, amount, unit] of value.matchAll(PART)) ms += Number(amount) * UNIT_MS[unit!]!
    return Math.round(ms)
  }
  throw new DqError('invalid_input', `${what}: '${value}' is not a duration; write 500ms, 30s, 1m30s or 2h`, {
    details: [what],
  })
}
