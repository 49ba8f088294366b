import { type Safe, join, repeat, say } from '../text/safe.ts'

const LEVELS = [say`▁`, say`▂`, say`▃`, say`▄`, say`▅`, say`▆`, say`▇`, say`█`] as const
const GAP = say`·`

/**
 * Values as bars of one row, the newest at the right; the lowest bar means none at all, so that one among thousands is
 * still seen. Where there is no value a dot stands.
 */
export function sparkline(values: readonly (number | undefined)[], columns: number): Safe {
  const shown = values.slice(-columns)
  const most = Math.max(0, ...shown.map((value) => value ?? 0))
  const bars = shown.map((value) => {
    if (value === undefined) return GAP
    if (value <= 0) return LEVELS[0]
    return LEVELS[1 + Math.round((value / most) * (LEVELS.length - 2))] ?? LEVELS[1]
  })
  return say`${repeat(GAP, columns - shown.length)}${join(bars)}`
}

const BLOCK = say`█`

/**
 * A share between 0 and 1 as a bar in whole columns, at least one while anything is left; blanks follow up to its full
 * length. Whole columns change seldom, and what does not change is not sent.
 */
export function bar(share: number, columns: number): Safe {
  const filled = Math.ceil(Math.max(0, Math.min(1, share)) * columns)
  return say`${repeat(BLOCK, filled)}${repeat(say` `, columns - filled)}`
}
