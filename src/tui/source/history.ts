import type { Series } from '../../core/task.ts'

/** Events per second over the last 15 minutes, oldest first; the last one is still going on. */
export interface History {
  /** End of the last second, ms. */
  readonly endMs: number
  readonly enqueued: readonly number[]
  readonly completed: readonly number[]
  readonly failed: readonly number[]
  readonly dead: readonly number[]
}

type Metric = 'enqueued' | 'completed' | 'failed' | 'dead'
export const HISTORY_SECONDS = 900

export const toHistory = ({ endMs, enqueued, completed, failed, dead }: Series): History => ({
  endMs,
  enqueued,
  completed,
  failed,
  dead,
})

/** Several queues in one, aligned by time: they were not read in the same second. */
export function sumHistories(histories: readonly History[]): History | undefined {
  if (histories.length === 0) return undefined
  const endMs = Math.max(...histories.map((history) => history.endMs))
  const sum = (metric: Metric): number[] => {
    const total = Array.from({ length: HISTORY_SECONDS }, () => 0)
    for (const history of histories) {
      const late = Math.round((endMs - history.endMs) / 1000)
      const offset = HISTORY_SECONDS - history[metric].length - late
      history[metric].forEach((n, at) => {
        if (at + offset >= 0) total[at + offset]! += n
      })
    }
    return total
  }
  return { endMs, enqueued: sum('enqueued'), completed: sum('completed'), failed: sum('failed'), dead: sum('dead') }
}

/** How many in the last `seconds`, the present one included. */
export const lately = (history: History, metric: Metric, seconds: number): number =>
  history[metric].slice(-seconds).reduce((sum, n) => sum + n, 0)

const STEPS = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90] as const

/** The finest step in which all of the history fits into so many columns. */
export const stepFor = (columns: number): number =>
  STEPS.find((seconds) => Math.ceil(HISTORY_SECONDS / seconds) <= columns) ?? STEPS.at(-1)!

/**
 * Events per second in steps that stand still: a step begins at a multiple of its length, so that a column once drawn
 * does not change. The last one covers what has passed of it.
 */
export function stepsOf(endMs: number, perSecond: readonly number[], stepSeconds: number): readonly number[] {
  const endSecond = Math.round(endMs / 1000)
  const firstSecond = endSecond - perSecond.length
  const sums = new Map<number, { sum: number; seconds: number }>()
  perSecond.forEach((n, at) => {
    const step = Math.floor((firstSecond + at) / stepSeconds)
    const entry = sums.get(step) ?? { sum: 0, seconds: 0 }
    sums.set(step, { sum: entry.sum + n, seconds: entry.seconds + 1 })
  })
  const steps = [...sums.values()]
  // The oldest one has run out of the history in part.
  const isWhole = firstSecond % stepSeconds === 0
  return (isWhole ? steps : steps.slice(1)).map(({ sum, seconds }) => sum / seconds)
}
