import type { QueueRow } from '../source/rows.ts'
import { count, duration, plural } from '../text/format.ts'
import { join, safeLine, say } from '../text/safe.ts'
import { type Finding, type Rule, filterWord } from './finding.ts'

/** A reaper sweeps every 5 s, and holds back for a while when it was away itself. */
const REAP_WITHIN_MS = 15_000

export const expiredLeases: Rule = ({ leases }, nowMs) => {
  const late = leases.filter(({ expiresAtMs }) => nowMs - expiresAtMs > REAP_WITHIN_MS)
  const [oldest] = late
  if (oldest === undefined) return []
  const since = duration(nowMs - oldest.expiresAtMs)
  const text = say`${plural(late.length, say`lease`)} expired ${since} ago and not reaped: does a reaper run?`
  return [{ key: 'expired', severity: 3, text, goTo: { view: 'leases', key: oldest.key } }]
}

/** A worker that is long gone and holds nothing is no news any more; the list of workers still has it. */
const NEWS_FOR_MS = 600_000

export const silentWorkers: Rule = ({ workers, leases }, nowMs) =>
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

export const unserved: Rule = ({ queues, workers }) => {
  const served = new Set(workers.filter(({ silent, quiet }) => !silent && !quiet).flatMap(({ queueKeys }) => queueKeys))
  const waiting = queues.filter(({ key, pending, active, oldestMs, paused }) => {
    const waits = pending > 0 && active === 0 && (oldestMs ?? Number.POSITIVE_INFINITY) > UNSERVED_AFTER_MS
    return waits && paused === undefined && !served.has(key)
  })
  if (waiting.length > MOST_UNSERVED) return [unservedTogether(waiting)]
  return waiting.map(({ key, name, pending }) => ({
    key: `unserved ${key}`,
    severity: 3 as const,
    text: say`no worker takes from ${name}: ${plural(pending, say`task waits`, say`tasks wait`)}`,
    goTo: { view: 'workers' as const },
  }))
}

/** More of them have one cause, and would push everything else out of sight. */
const MOST_UNSERVED = 3

function unservedTogether(queues: readonly QueueRow[]): Finding {
  const total = queues.reduce((sum, { pending }) => sum + pending, 0)
  const names = queues.toSorted((a, b) => b.pending - a.pending).map(({ name }) => name)
  const text = say`no worker takes from ${queues.length} queues, ${count(total)} tasks wait: ${join(names, ', ')}`
  return { key: 'unserved', severity: 3, text, goTo: { view: 'workers' } }
}

/** Tasks that come back again and again, because nobody there has a handler for them. */
export const unknownTypes: Rule = ({ unknownTypes: types }) =>
  [...types].map(([queue, names]): Finding => ({
    key: `unknown ${queue}`,
    severity: 3,
    text: say`no worker of ${safeLine(queue, 40)} knows the type ${names}`,
    goTo: { view: 'queues', queue, tab: 'pending', filter: filterWord('type:', names.split(/,| and /)[0]!) },
  }))
