import type { Inspector } from '../core/inspector.ts'
import type { Page, TaskInfo } from '../core/task.ts'
import { DqError } from '../core/errors.ts'
import { UsageError } from './exit.ts'
import { suggest } from './suggest.ts'

/** Where a listing over several queues goes on: `queue/cursor`, the cursor absent at the beginning of a queue. */
interface Place {
  readonly queue: string
  readonly cursor: string | undefined
}

function placeOf(text: string): Place {
  const slash = text.indexOf('/')
  if (slash <= 0) throw new UsageError(`--cursor '${text}' is none; give the next cursor of the page before`)
  return { queue: text.slice(0, slash), cursor: text.slice(slash + 1) || undefined }
}

/** The registered queues, or the one that was named. @throws DqError `not_found` with the nearest name. */
export async function queuesOf(inspector: Inspector, named: string | undefined): Promise<readonly string[]> {
  const names = await inspector.queueNames()
  if (named === undefined) return names
  if (names.includes(named)) return [named]
  const hint = names.length === 0 ? '; nothing was ever enqueued here' : suggest(named, names)
  throw new DqError('not_found', `there is no queue '${named}'${hint || `; there are ${names.join(', ')}`}`)
}

export type ReadPage = (queue: string, cursor: string | undefined, limit: number) => Promise<Page<TaskInfo>>

/** A page of tasks over several queues, one after the other, in the order of their names. */
export async function readAcross(
  queues: readonly string[],
  from: string | undefined,
  limit: number,
  read: ReadPage,
): Promise<Page<TaskInfo>> {
  const start = from === undefined ? undefined : placeOf(from)
  if (start !== undefined && !queues.includes(start.queue))
    throw new UsageError(`--cursor '${from}' is of another queue; give the next cursor of the page before`)
  const items: TaskInfo[] = []
  for (const queue of queues) {
    if (start !== undefined && queue < start.queue) continue
    let cursor = queue === start?.queue ? start.cursor : undefined
    do {
      if (items.length >= limit) return { items, cursor: `${queue}/${cursor ?? ''}` }
      const page = await read(queue, cursor, limit - items.length)
      items.push(...page.items)
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  return { items, cursor: undefined }
}
