import { hasRates } from '../source/data.ts'
import { GROWTH_SECONDS } from '../source/causes.ts'
import { lately } from '../source/history.ts'
import { count, duration, plural, rate } from '../text/format.ts'
import { join, say } from '../text/safe.ts'
import { type Finding, type Rule, causeFilter } from './finding.ts'

export const books: Rule = ({ queues }) =>
  queues.flatMap(({ key, name, drift }) =>
    drift.length === 0
      ? []
      : [
          {
            key: `books ${key}`,
            severity: 3 as const,
            text: say`books of ${name} do not balance: ${join(drift, ', ')}`,
            goTo: { view: 'queues' as const, key },
          },
        ],
  )

const PROMOTE_WITHIN_MS = 15_000

export const overdue: Rule = ({ queues }, nowMs) =>
  queues.flatMap(({ key, name, soonestDueMs }) => {
    const lateMs = nowMs - (soonestDueMs ?? nowMs)
    if (lateMs < PROMOTE_WITHIN_MS) return []
    const text = say`delayed tasks of ${name} are due since ${duration(lateMs)}: does a scheduler run?`
    return [{ key: `overdue ${key}`, severity: 3 as const, text, goTo: { view: 'queues' as const, key } }]
  })

export const pausedQueues: Rule = (data, nowMs) =>
  data.queues.flatMap(({ key, name, paused, pending, enqueuedRate }) => {
    if (paused === undefined) return []
    const grows = hasRates(data) && enqueuedRate > 0 ? say`, and more come` : say``
    const text = say`${name} is paused since ${duration(nowMs - paused.atMs)} by ${paused.by}; ${plural(pending, say`task waits`, say`tasks wait`)}${grows}`
    return [{ key: `paused ${key}`, severity: 2 as const, text, goTo: { view: 'queues' as const, key } }]
  })

/** With what most of the newest ones died of, when the most are of one kind. */
export const growingDead: Rule = ({ queues, queueHistory, causes }) =>
  queues.flatMap(({ key, name, dead }): Finding[] => {
    const history = queueHistory.get(key)
    const died = history === undefined ? 0 : lately(history, 'dead', GROWTH_SECONDS)
    if (died === 0 || dead === 0) return []
    const cause = causes.get(key)
    const share = cause === undefined ? 0 : Math.round((100 * cause.count) / Math.max(1, cause.of))
    const why =
      cause === undefined || share < 30 ? say`, ${dead} in all` : say`, ${share}% ${cause.type}: ${cause.message}`
    const filter = cause === undefined || share < 30 ? '' : causeFilter(cause.type, cause.message)
    const text = say`DLQ of ${name} growing: +${died} in 5m${why}`
    return [{ key: `dead ${key}`, severity: 2, text, goTo: { view: 'dlq', deadQueue: key, filter } }]
  })

const OLD_MS = 60_000
const VERY_OLD_MS = 600_000

/** A queue that its workers do not keep up with. One that is paused, or that nobody takes from, has a finding of its own. */
export const oldTasks: Rule = (data) =>
  data.queues.flatMap(
    ({ key, name, oldestMs = 0, paused, active, pending, completedRate, enqueuedRate }): Finding[] => {
      if (paused !== undefined || active === 0 || pending === 0 || oldestMs < OLD_MS) return []
      const rates = hasRates(data) ? say`: ${rate(completedRate)}/s of ${rate(enqueuedRate)}/s get done` : say``
      const text = say`the next task of ${name} waits since ${duration(oldestMs)}, ${count(pending)} behind it${rates}`
      const severity = oldestMs > VERY_OLD_MS ? 2 : 1
      return [{ key: `old ${key}`, severity, text, goTo: { view: 'queues', queue: key, tab: 'pending', filter: '' } }]
    },
  )

const FIRE_WITHIN_MS = 15_000

export const lateSchedules: Rule = ({ schedules }, nowMs) => {
  const late = schedules
    .filter(({ isWaiting, nextRunAtMs }) => !isWaiting && nowMs - (nextRunAtMs ?? nowMs) > FIRE_WITHIN_MS)
    .toSorted((a, b) => a.nextRunAtMs! - b.nextRunAtMs!)
  const [first] = late
  if (first === undefined) return []
  const others = late.length > 1 ? say` and ${plural(late.length - 1, say`other`)}` : say``
  const text = say`schedule ${first.name}${others} overdue since ${duration(nowMs - first.nextRunAtMs!)}: does a scheduler run?`
  return [{ key: 'schedules', severity: 3, text, goTo: { view: 'schedules', key: first.key } }]
}
