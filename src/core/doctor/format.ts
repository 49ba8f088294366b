import { DqError } from '../errors.ts'
import type { WorkerInfo } from '../task.ts'
import { planUpgrade, type Upgrade } from '../upgrade.ts'
import type { Check, Finding, Patient } from './check.ts'

/** What was started before the format was raised, or was asleep then. */
const outdated = (live: readonly WorkerInfo[], stored: number): Finding[] =>
  live
    .filter(({ format }) => format < stored)
    .map(({ id, host, pid, version, format }) => ({
      level: 'fail',
      text: `${id} (${host}, pid ${pid}) of version ${version} knows format ${format} only: it does nothing`,
      remedy: 'end it, and start the version of the others there',
    }))

function standing({ from, to, queues, older }: Upgrade, live: readonly WorkerInfo[]): Finding[] {
  const lost = outdated(live, from)
  if (lost.length > 0) return lost
  if (older.length > 0) {
    const text = `programs that know format ${to}: ${live.length - older.length}, and that do not: ${older.length}`
    return [{ level: 'warn', text, remedy: `replace the old ones; format ${from} is written until then` }]
  }
  if (from < to || queues.length > 0) {
    const text = `format ${to} is known to all live programs, and not written yet`
    return [{ level: 'warn', text, remedy: 'run dq upgrade, when nobody has to go back to the version before' }]
  }
  return [{ level: 'ok', text: `format ${from}; live programs, which all know it: ${live.length}` }]
}

async function look({ redis, inspector, namespace }: Patient): Promise<Finding[]> {
  const plan = await planUpgrade(redis, namespace)
  const live = (await inspector.workers()).filter(({ silent }) => !silent)
  return standing(plan, live)
}

/** Whether all programs understand what is stored, and each other. */
export const format: Check = {
  what: 'format',
  async look(patient) {
    try {
      return await look(patient)
    } catch (error) {
      if (!(error instanceof DqError) || error.code !== 'format') throw error
      return [{ level: 'fail', text: error.message }]
    }
  },
}
