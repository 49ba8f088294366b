import type { Effect } from '../keys/binding.ts'
import { type DeadRow, toDeadRow } from '../source/rows.ts'
import type { ConsoleReads } from '../source/source.ts'
import type { Collected } from '../state/plans.ts'
import { say } from '../text/safe.ts'
import { deadSearch } from '../views/dlq.ts'
import type { Course } from './bulk.ts'

type Request = Extract<Effect, { kind: 'collect-purge' }>

const PAGE = 500

async function ofQueue(
  reads: ConsoleReads,
  queue: string,
  request: Request,
  onPage: (scanned: number) => boolean,
): Promise<DeadRow[]> {
  const wanted = request.filter.toLowerCase()
  const found: DeadRow[] = []
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await reads.deadPage(queue, { limit: PAGE, beforeMs: request.beforeMs, ...from })
    const rows = page.items.map(toDeadRow)
    found.push(...rows.filter((row) => deadSearch(row).some((text) => text.toLowerCase().includes(wanted))))
    cursor = page.cursor
    if (!onPage(page.scanned)) break
  } while (cursor !== undefined)
  return found
}

/** Every task that was dead at one instant and matches, found page by page: what a purge is asked about, exactly. */
export async function collect(
  reads: ConsoleReads,
  request: Request,
  expected: number,
  course: Course,
): Promise<Collected> {
  const found: DeadRow[] = []
  let scanned = 0
  const onPage = (more: number): boolean => {
    scanned += more
    course.progress(say`looking through the DLQ`, scanned, Math.max(expected, scanned), 0)
    return !course.isStopped()
  }
  for (const queue of request.queues) {
    if (course.isStopped()) break
    found.push(...(await ofQueue(reads, queue, request, onPage)))
  }
  const ages = found.flatMap(({ diedAtMs }) => diedAtMs ?? []).toSorted((a, b) => a - b)
  return {
    sets: [...Map.groupBy(found, ({ ref }) => ref.queue)].map(([queue, rows]) => ({
      queue,
      ids: rows.map(({ ref }) => ref.id),
    })),
    filter: request.filter,
    frozenAtMs: request.beforeMs,
    oldestAtMs: ages[0],
    newestAtMs: ages.at(-1),
  }
}
