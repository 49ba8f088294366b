import { z } from 'zod'
import { durationMs } from './duration.ts'
import { messageOf } from './errors.ts'

/** Ten years: what is longer is a mistake, and scripts count exactly up to there. */
const DURATION_MOST_MS = 315_360_000_000

/** A duration in ms, or as text. @param what names it where it is none. */
export const duration = (what: string): z.ZodType<number, number | string> =>
  z.union([z.number(), z.string()]).transform((value, context) => {
    try {
      const ms = durationMs(value, what)
      if (ms <= DURATION_MOST_MS) return ms
      context.addIssue({ code: 'custom', message: `'${value}' is longer than ten years` })
      return z.NEVER
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
      return z.NEVER
    }
  })

/** A time, as ms since the epoch. */
export const instant = z.union([z.date(), z.number(), z.string()]).transform((value, context) => {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Date.parse(value)
  if (Number.isFinite(ms) && ms >= 0 && ms <= 8_640_000_000_000) return Math.round(ms)
  context.addIssue({
    code: 'custom',
    message: `'${String(value)}' is no time; write RFC 3339 such as 2026-01-31T09:00:00Z`,
  })
  return z.NEVER
})
