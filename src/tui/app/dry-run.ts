import type { State } from '../../core/states.ts'
import type { ConsoleReads } from '../source/source.ts'
import { type Act, countOf } from '../state/plan.ts'
import { say } from '../text/safe.ts'
import type { Result } from './result.ts'

type Bulk = Extract<Act, { sets: unknown }>

/** States in which a task would be changed. */
const CHANGES: Readonly<Record<Bulk['kind'], readonly State[]>> = {
  replay: ['dead'],
  purge: ['dead'],
  hasten: ['scheduled', 'retrying'],
  cancel: ['pending', 'scheduled', 'retrying', 'limited', 'blocked', 'active'],
}

/** How many of the tasks a change would meet as they are expected. Meant for few: each is read by itself. */
export async function dryRun(reads: ConsoleReads, { kind, sets }: Bulk): Promise<Result> {
  const refs = sets.flatMap(({ queue, ids }) => ids.map((id) => ({ queue, id })))
  const tasks = await Promise.all(refs.map(({ queue, id }) => reads.task(id, queue)))
  const met = tasks.filter((task) => task !== undefined && CHANGES[kind].includes(task.state)).length
  const total = countOf(sets)
  const rest = met === total ? say`` : say`, ${total - met} would be skipped`
  return { text: say`dry run: ${met} of ${total} would be changed${rest}; nothing was`, tone: 'plain' }
}
