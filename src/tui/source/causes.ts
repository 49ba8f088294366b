import type { QueueInfo, TaskInfo, WorkerInfo } from '../../core/task.ts'
import { type Safe, join, safeLine, say } from '../text/safe.ts'
import type { DeadCause } from './data.ts'
import { type History, lately } from './history.ts'
import type { ConsoleReads } from './source.ts'

/** Looks at the first few of a few queues only: a finding wants a hint, not a count. */
const SAMPLE = 50
const MOST_QUEUES = 8
export const GROWTH_SECONDS = 300

/** Numbers and ids differ from one failure to the next; what is left is the error. */
export const errorKey = (text: string): string => text.replaceAll(/[0-9a-f]{8,}|\d+/gi, '#').slice(0, 200)

function dominant(tasks: readonly TaskInfo[]): DeadCause | undefined {
  const groups = Map.groupBy(tasks, ({ type, error }) => `${type}\0${errorKey(error?.message ?? error?.reason ?? '')}`)
  const [most] = [...groups.values()].toSorted((a, b) => b.length - a.length)
  if (most === undefined) return undefined
  const { type, error } = most[0]!
  const message = safeLine(error?.message ?? error?.reason ?? 'unknown', 60)
  return { type: safeLine(type), message, count: most.length, of: tasks.length }
}

/** Why tasks of the queues whose DLQ grows die: what most of the newest ones say. */
export async function readCauses(
  reads: ConsoleReads,
  infos: readonly QueueInfo[],
  histories: ReadonlyMap<string, History>,
): Promise<ReadonlyMap<string, DeadCause>> {
  const growing = infos.filter(({ name, dead }) => {
    const history = histories.get(name)
    return dead > 0 && history !== undefined && lately(history, 'dead', GROWTH_SECONDS) > 0
  })
  const read = async ({ name }: QueueInfo): Promise<[string, DeadCause][]> => {
    const cause = dominant((await reads.deadPage(name, { limit: SAMPLE })).items)
    return cause === undefined ? [] : [[name, cause]]
  }
  return new Map((await Promise.all(growing.slice(0, MOST_QUEUES).map(read))).flat())
}

/** Types among the tasks next to run that no live worker of their queue has a handler for. */
export async function readUnknownTypes(
  reads: ConsoleReads,
  infos: readonly QueueInfo[],
  workers: readonly WorkerInfo[],
): Promise<ReadonlyMap<string, Safe>> {
  const live = workers.filter(({ silent }) => !silent)
  const waiting = infos.filter(({ name, pending, scheduled }) => {
    const isServed = live.some(({ queues }) => queues.includes(name))
    return isServed && pending.high + pending.default + pending.low + scheduled > 0
  })
  const read = async ({ name }: QueueInfo): Promise<[string, Safe][]> => {
    const known = new Set(live.flatMap(({ queues, types }) => (queues.includes(name) ? types : [])))
    const [next, back] = await Promise.all([
      reads.tasks(name, 'pending', { limit: SAMPLE }),
      reads.tasks(name, 'retrying', { limit: 10 }),
    ])
    const strange = new Set([...next.items, ...back.items].map(({ type }) => type).filter((type) => !known.has(type)))
    if (strange.size === 0 || known.size === 0) return []
    const names = [...strange].slice(0, 3).map((type) => safeLine(type, 40))
    return [[name, strange.size > 3 ? say`${join(names, ', ')} and ${strange.size - 3} more` : join(names, ', ')]]
  }
  return new Map((await Promise.all(waiting.slice(0, MOST_QUEUES).map(read))).flat())
}
