import type { WorkerInfo } from '../task.ts'
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

export const workers: Check = {
  what: 'workers',
  async look({ inspector }) {
    const all = await inspector.workers()
    const live = all.filter(({ silent }) => !silent)
    const remedy = 'start one: dq-daemon'
    const none: Finding = { level: 'warn', text: 'no daemon runs: tasks wait, and nothing is lost', remedy }
    const some: Finding = { level: 'ok', text: `live daemons and workers: ${live.length}` }
    return live.length === 0 ? [none, ...dead(all)] : [some, ...missing(live), ...dead(all)]
  },
}
