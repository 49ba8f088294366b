import type { ObjectiveReport, ObjectiveState } from '../../core/slo.ts'
import { duration } from '../text/format.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'

/** The objective of one queue, ready to be shown. */
export interface ObjectiveRow {
  readonly state: ObjectiveState
  /** `99% within 30s` */
  readonly promise: Safe
  /** How fast the budget burns over five minutes, an hour and six hours. */
  readonly burns: Safe
}

const SHOWN_MS = new Map([
  [300_000, say`5m`],
  [3_600_000, say`1h`],
  [21_600_000, say`6h`],
])

export function toObjectiveRow({ waitMs, target, state, windows }: ObjectiveReport): ObjectiveRow {
  const burns = windows.flatMap(({ windowMs, burn }) => {
    const name = SHOWN_MS.get(windowMs)
    return name === undefined ? [] : [`${burn === undefined ? '-' : burn} in ${name}`]
  })
  const percent = safeLine(String(Math.round(target * 1e6) / 1e4))
  return { state, promise: say`${percent}% within ${duration(waitMs)}`, burns: safeLine(burns.join(', '), 60) }
}
