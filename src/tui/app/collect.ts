import type { State } from '../../core/states.ts'
import type { LeaseInfo, TaskInfo } from '../../core/task.ts'
import type { Effect } from '../keys/binding.ts'
import type { ConsoleReads } from '../source/source.ts'
import { leasesOf, withLease } from '../source/task-pages.ts'
import { filterOf } from '../state/filter.ts'
import type { TaskBrief } from '../state/plans.ts'
import { safeLine, say } from '../text/safe.ts'
import type { Course } from './bulk.ts'

export type Collecting = Extract<Effect, { kind: 'collect' }>

const PAGE = 500

/** Of a dead task its death counts, of a held one when it was claimed, of any other when it came. */
function wasThere(state: State, task: TaskInfo, beforeMs: number): boolean {
  if (state === 'dead') return (task.finishedAtMs ?? 0) < beforeMs
  return ((state === 'active' ? task.startedAtMs : undefined) ?? task.createdAtMs ?? 0) < beforeMs
}

const briefOf = (task: TaskInfo): TaskBrief => ({
  ref: { queue: task.queue, id: task.id },
  id: safeLine(task.id, 40),
  type: safeLine(task.type, 60),
  message: safeLine(task.error?.message ?? '', 60),
  endedAtMs: task.finishedAtMs,
})

async function ofState(
  reads: ConsoleReads,
  queue: string,
  state: State,
  request: Collecting,
  onPage: (scanned: number) => boolean,
): Promise<TaskBrief[]> {
  const { matches } = filterOf(request.filter)
  const { beforeMs } = request
  const found: TaskBrief[] = []
  const leases = state === 'active' ? await leasesOf(reads, queue) : new Map<string, LeaseInfo>()
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor }
    const page =
      state === 'dead' ? await reads.deadPage(queue, { ...from, beforeMs }) : await reads.tasks(queue, state, from)
    const tasks = page.items.map((task) => withLease(task, leases))
    found.push(...tasks.filter((task) => wasThere(state, task, beforeMs) && matches(task, beforeMs)).map(briefOf))
    cursor = page.cursor
    if (!onPage('scanned' in page ? Number(page.scanned) : page.items.length)) break
  } while (cursor !== undefined)
  return found
}

/** Those that the filter leaves in question: a task of another one is never read. */
export function queuesOf({ queues, filter }: Collecting): readonly string[] {
  const { admitsQueue } = filterOf(filter)
  return queues.filter((queue) => admitsQueue(queue))
}

/** Every task that was there at one instant and matches, found page by page: what a change is asked about, exactly. */
export async function collect(
  reads: ConsoleReads,
  request: Collecting,
  expected: number,
  course: Course,
): Promise<readonly TaskBrief[]> {
  const found: TaskBrief[] = []
  let scanned = 0
  const onPage = (more: number): boolean => {
    scanned += more
    course.progress(say`looking for what is meant`, scanned, Math.max(expected, scanned), 0)
    return !course.isStopped()
  }
  for (const queue of queuesOf(request)) {
    for (const state of request.states) {
      if (course.isStopped()) return found
      found.push(...(await ofState(reads, queue, state, request, onPage)))
    }
  }
  return found
}
