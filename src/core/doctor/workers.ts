import type { QueueInfo, WorkerInfo } from '../task.ts'
import type { Check, Finding } from './check.ts'

/** Who has these roles does what nobody else does. */
const NEEDED = [
  ['scheduler', 'nothing that waits for its time ever runs'],
  ['reaper', 'nothing that a dead worker holds ever comes back'],
] as const

const missing = (live: readonly WorkerInfo[]): Finding[] =>
  NEEDED.filter(([role]) => !live.some(({ roles }) => roles.includes(role))).map(([role, harm]) => ({
    level: 'fail',
    text: `no live daemon has the role ${role}: ${harm}`,
    remedy: `start a dq-daemon with --roles ${role}, or without --roles`,
  }))

const dead = (workers: readonly WorkerInfo[]): Finding[] =>
  workers
    .filter(({ silent }) => silent)
    .map(({ id, host, pid, busy }) => ({
      level: 'warn',
      text: `worker ${id} (${host}, pid ${pid}) is silent; it held ${busy} tasks when it last spoke`,
      remedy: 'start it again, or nothing: what it held comes back, and its record goes after a day',
    }))

/** A task that was enqueued a moment ago says nothing yet, and neither does a worker that is not listed but works. */
const UNSERVED_AFTER_MS = 10_000

function unserved(queues: readonly QueueInfo[], live: readonly WorkerInfo[]): Finding[] {
  const served = new Set(live.filter(({ quiet }) => !quiet).flatMap(({ queues: own }) => own))
  const waiting = queues.filter(({ name, pending, active, oldestPendingMs, paused }) => {
    const waits = pending.high + pending.default + pending.low > 0 && active === 0
    return waits && (oldestPendingMs ?? 0) > UNSERVED_AFTER_MS && paused === undefined && !served.has(name)
  })
  return waiting.map(({ name, pending }) => ({
    level: 'warn',
    text: `no live worker takes from queue ${name}; tasks that wait there: ${pending.high + pending.default + pending.low}`,
    remedy: `start a dq-daemon with --queues ${name}, or correct the name at the producer`,
  }))
}

export const workers: Check = {
  what: 'workers',
  async look({ inspector }) {
    const [all, queues] = await Promise.all([inspector.workers(), inspector.snapshot()])
    const live = all.filter(({ silent }) => !silent)
    const remedy = 'start one: dq-daemon'
    const none: Finding = { level: 'warn', text: 'no daemon runs: tasks wait, and nothing is lost', remedy }
    const some: Finding = { level: 'ok', text: `live daemons and workers: ${live.length}` }
    return live.length === 0 ? [none, ...dead(all)] : [some, ...missing(live), ...unserved(queues, live), ...dead(all)]
  },
}
