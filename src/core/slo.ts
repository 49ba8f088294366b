import { durationMs } from './duration.ts'
import { DqError } from './errors.ts'

/** What a queue promises: of its tasks at least the share `target` begins to run within `waitMs`. */
export interface Objective {
  readonly waitMs: number
  /** Between 0 and 1, neither of them. */
  readonly target: number
}

/** Tasks that began to run within a window, and how fast they use up what the target leaves. */
export interface BurnWindow {
  readonly windowMs: number
  readonly total: number
  readonly late: number
  /** 1 uses up exactly what may be late; undefined while nothing began. */
  readonly burn: number | undefined
}

/**
 * `fast`: at this pace the budget of a month is gone in two days; `slow`: in five. `stalled`: the task next to run has
 * waited longer than it may, and nothing began within five minutes. `unknown`: nothing began within six hours.
 */
export type ObjectiveState = 'met' | 'slow' | 'fast' | 'stalled' | 'unknown'

export interface ObjectiveReport extends Objective {
  readonly state: ObjectiveState
  readonly windows: readonly BurnWindow[]
}

const WAIT_MOST_MS = 86_400_000
const MINUTE_MS = 60_000
export const SLO_WINDOWS_MS = [5, 30, 60, 360].map((minutes) => minutes * MINUTE_MS)
/** A burn that has to be seen in a long window, so that it matters, and in a short one, so that it still goes on. */
const FAST = { burn: 14.4, long: 60 * MINUTE_MS, short: 5 * MINUTE_MS }
const SLOW = { burn: 6, long: 360 * MINUTE_MS, short: 30 * MINUTE_MS }

/**
 * Checks an objective.
 * @throws DqError `invalid_input` that names the field.
 */
export function checkObjective(given: { readonly wait: number | string; readonly target: number }): Objective {
  const waitMs = durationMs(given.wait, 'wait')
  const refuse = (field: string, message: string): DqError =>
    new DqError('invalid_input', `${field}: ${message}`, { details: [field] })
  if (waitMs < 1 || waitMs > WAIT_MOST_MS) throw refuse('wait', 'has to be from 1ms to 1d')
  const { target } = given
  if (!(target > 0 && target < 1)) throw refuse('target', `${target} has to lie between 0 and 1, such as 0.99`)
  return { waitMs, target }
}

export const encodeObjective = ({ waitMs, target }: Objective): string => `${waitMs}|${target}`

/** @returns undefined for a queue without one, and for foreign content. */
export function decodeObjective(text: string | null | undefined): Objective | undefined {
  const [, wait, target] = /^(\d{1,9})\|(0\.\d+)$/.exec(text ?? '') ?? []
  return wait === undefined ? undefined : { waitMs: Number(wait), target: Number(target) }
}

export interface WaitCount {
  readonly minute: number
  readonly total: number
  readonly late: number
}

/** Of the ring that `waits.lua` writes, fields and values flat. */
export function decodeWaits(flat: readonly string[]): WaitCount[] {
  return flat.flatMap((text, i) => {
    const [, minute, total, late] = (i % 2 === 1 && /^(\d+)\|(\d+)\|(\d+)$/.exec(text)) || []
    return minute === undefined ? [] : [{ minute: Number(minute), total: Number(total), late: Number(late) }]
  })
}

function burnOf(counts: readonly WaitCount[], target: number, windowMs: number, nowMs: number): BurnWindow {
  const from = Math.floor(nowMs / MINUTE_MS) - windowMs / MINUTE_MS
  let [total, late] = [0, 0]
  for (const count of counts) {
    if (count.minute <= from) continue
    total += count.total
    late += count.late
  }
  const burn = total === 0 ? undefined : Math.round((late / total / (1 - target)) * 100) / 100
  return { windowMs, total, late, burn }
}

/** @param oldestMs how long the task next to run has waited; undefined when none does. */
export function reportObjective(
  objective: Objective,
  counts: readonly WaitCount[],
  now: { readonly atMs: number; readonly oldestMs: number | undefined },
): ObjectiveReport {
  const windows = SLO_WINDOWS_MS.map((ms) => burnOf(counts, objective.target, ms, now.atMs))
  const of = (ms: number): BurnWindow => windows.find(({ windowMs }) => windowMs === ms)!
  const burns = ({ burn, long, short }: typeof FAST): boolean =>
    (of(long).burn ?? 0) >= burn && (of(short).burn ?? 0) >= burn
  const isStalled = (now.oldestMs ?? 0) > objective.waitMs && of(FAST.short).total === 0
  const isKnown = of(SLOW.long).total > 0
  const state = isStalled ? 'stalled' : burns(FAST) ? 'fast' : burns(SLOW) ? 'slow' : isKnown ? 'met' : 'unknown'
  return { ...objective, state, windows }
}
