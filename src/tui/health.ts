import { type Data, hasRates } from './source/data.ts'
import { lately } from './source/history.ts'
import { duration, plural } from './text/format.ts'
import { type Safe, join, say } from './text/safe.ts'
import type { ViewId } from './state/view-names.ts'

/** Something that somebody should look at, with where to look. */
export interface Finding {
  readonly key: string
  /** 3 needs hands now, 1 is good to know. */
  readonly severity: 1 | 2 | 3
  readonly text: Safe
  readonly goTo: { readonly view: ViewId; readonly key?: string; readonly deadQueue?: string }
}

type Rule = (data: Data, redisNowMs: number) => readonly Finding[]

const books: Rule = ({ queues }) =>
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

/** A reaper sweeps every 5 s, and holds back for a while when it was away itself. */
const REAP_WITHIN_MS = 15_000

const expiredLeases: Rule = ({ leases }, nowMs) => {
  const late = leases.filter(({ expiresAtMs }) => nowMs - expiresAtMs > REAP_WITHIN_MS)
  const [oldest] = late
  if (oldest === undefined) return []
  const since = duration(nowMs - oldest.expiresAtMs)
  const text = say`${plural(late.length, say`lease`)} expired ${since} ago and not reaped: does a reaper run?`
  return [{ key: 'expired', severity: 3, text, goTo: { view: 'leases', key: oldest.key } }]
}

/** A worker that is long gone and holds nothing is no news any more; the list of workers still has it. */
const NEWS_FOR_MS = 600_000

const silentWorkers: Rule = ({ workers, leases }, nowMs) =>
  workers.flatMap(({ key, id, silent, beatAtMs, leaseMs }) => {
    const silentMs = nowMs - beatAtMs
    const held = leases.filter(({ workerKey }) => workerKey === key).length
    if (!silent || (held === 0 && silentMs > NEWS_FOR_MS)) return []
    const holds = held === 0 ? say`` : say`, holds ${plural(held, say`task`)}`
    const text = say`worker ${id} silent for ${duration(silentMs)} (lease ${duration(leaseMs)})${holds}`
    const severity = held > 0 ? (3 as const) : (2 as const)
    return [{ key: `silent ${key}`, severity, text, goTo: { view: 'workers' as const, key } }]
  })

/** A task that was enqueued a moment ago says nothing yet, and neither does a worker that is not registered but works. */
const UNSERVED_AFTER_MS = 10_000

const unserved: Rule = ({ queues, workers }) => {
  const served = new Set(workers.filter(({ silent, quiet }) => !silent && !quiet).flatMap(({ queueKeys }) => queueKeys))
  return queues
    .filter(({ key, pending, active, oldestMs, paused }) => {
      const waits = pending > 0 && active === 0 && (oldestMs ?? Number.POSITIVE_INFINITY) > UNSERVED_AFTER_MS
      return waits && paused === undefined && !served.has(key)
    })
    .map(({ key, name, pending }) => ({
      key: `unserved ${key}`,
      severity: 3 as const,
      text: say`no worker takes from ${name}: ${plural(pending, say`task waits`, say`tasks wait`)}`,
      goTo: { view: 'workers' as const },
    }))
}

const PROMOTE_WITHIN_MS = 15_000

const overdue: Rule = ({ queues }, nowMs) =>
  queues.flatMap(({ key, name, soonestDueMs }) => {
    const lateMs = nowMs - (soonestDueMs ?? nowMs)
    if (lateMs < PROMOTE_WITHIN_MS) return []
    const text = say`delayed tasks of ${name} are due since ${duration(lateMs)}: does a scheduler run?`
    return [{ key: `overdue ${key}`, severity: 3 as const, text, goTo: { view: 'queues' as const, key } }]
  })

const pausedQueues: Rule = (data, nowMs) =>
  data.queues.flatMap(({ key, name, paused, pending, enqueuedRate }) => {
    if (paused === undefined) return []
    const grows = hasRates(data) && enqueuedRate > 0 ? say`, and more come` : say``
    const text = say`${name} is paused since ${duration(nowMs - paused.atMs)} by ${paused.by}; ${plural(pending, say`task waits`, say`tasks wait`)}${grows}`
    return [{ key: `paused ${key}`, severity: 2 as const, text, goTo: { view: 'queues' as const, key } }]
  })

const GROWTH_SECONDS = 300

const growingDead: Rule = ({ queues, queueHistory }) =>
  queues.flatMap(({ key, name, dead }) => {
    const history = queueHistory.get(key)
    const died = history === undefined ? 0 : lately(history, 'dead', GROWTH_SECONDS)
    if (died === 0 || dead === 0) return []
    const text = say`DLQ of ${name} growing: +${died} in 5m, ${dead} in all`
    return [{ key: `dead ${key}`, severity: 2 as const, text, goTo: { view: 'dlq' as const, deadQueue: key } }]
  })

/** A new finding is one function and a line here. */
const RULES: readonly Rule[] = [books, expiredLeases, silentWorkers, unserved, overdue, growingDead, pausedQueues]

/** What is wrong now, worst first. */
export const findings = (data: Data, redisNowMs: number): readonly Finding[] =>
  RULES.flatMap((rule) => rule(data, redisNowMs)).toSorted((a, b) => b.severity - a.severity)
