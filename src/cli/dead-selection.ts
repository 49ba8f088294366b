import { DqError } from '../core/errors.ts'
import type { Inspector } from '../core/inspector.ts'
import { parseFilter } from '../core/filter/filter.ts'
import type { PageOptions } from '../core/pages.ts'
import type { Args, OptionRows } from './args.ts'
import { UsageError } from './exit.ts'
import { queuesOf } from './listing.ts'
import { placeTasks } from './placing.ts'

const BATCH = 100
const PAGE = 500

/** Which dead tasks; see `parseFilter` for `where`. */
type DeadFilter = Pick<PageOptions, 'type' | 'error' | 'beforeMs' | 'afterMs' | 'where'>

export const FILTER: OptionRows = {
  filter: { about: 'only those that match all these words, such as \'err~"timeout|421" attempts>=3\'', value: 'words' },
  type: { about: 'only tasks of this type', value: 'name' },
  error: { about: 'only those whose error contains this, in any case of letters', value: 'text' },
  before: { about: 'only those that died before', value: 'RFC 3339, or how long ago: 1h' },
  after: { about: 'only those that died since', value: 'RFC 3339, or how long ago: 1h' },
}

export function filterOf(args: Args): DeadFilter {
  const nowMs = Date.now()
  return {
    type: args.name('type'),
    error: args.text('error'),
    beforeMs: args.past('before', nowMs),
    afterMs: args.past('after', nowMs),
    where: whereOf(args.text('filter'), nowMs),
  }
}

function whereOf(text: string | undefined, nowMs: number): DeadFilter['where'] {
  if (text === undefined) return undefined
  const { matches } = parseFilter(text)
  return (task) => matches(task, nowMs)
}

/** Some dead tasks: those that were named, or all that match. */
export type Selection =
  | { readonly by: 'ids'; readonly ids: readonly string[] }
  | { readonly by: 'filter'; readonly filter: DeadFilter }

/** @throws UsageError unless exactly one of ids, filter and `--all` is given. */
export function selectionOf(args: Args): Selection {
  const filter = filterOf(args)
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const all = args.flag('all')
  if (args.positional.length > 0) {
    if (filtered || all) throw new UsageError('give ids, or a filter or --all, not both')
    return { by: 'ids', ids: args.positional }
  }
  if (!filtered && !all)
    throw new UsageError('say which dead tasks: ids, a filter (--filter, --type, --error, --before, --after), or --all')
  return { by: 'filter', filter }
}

/** Some ids of one queue, no more than one call takes; `scanned` dead tasks were read for them. */
export interface Batch {
  readonly queue: string
  readonly ids: readonly string[]
  readonly scanned: number
}

async function* ofQueue(inspector: Inspector, queue: string, filter: DeadFilter): AsyncGenerator<Batch> {
  let cursor: string | undefined
  do {
    const page = await inspector.deadPage(queue, { ...filter, cursor, limit: PAGE })
    const ids = page.items.map(({ id }) => id)
    for (let from = 0; from < Math.max(1, ids.length); from += BATCH)
      yield { queue, ids: ids.slice(from, from + BATCH), scanned: from === 0 ? page.scanned : 0 }
    cursor = page.cursor
  } while (cursor !== undefined)
}

export interface Frozen {
  /** Dead tasks in all queues that are looked at. */
  readonly dead: number
  /** May be walked more than once. Tasks that die from now on do not belong to it. */
  batches(): AsyncGenerator<Batch>
}

/** What a selection means at this moment. @throws DqError `not_found` when none of the ids is known. */
export async function freeze(inspector: Inspector, selection: Selection, queue: string | undefined): Promise<Frozen> {
  if (selection.by === 'ids') {
    const { byQueue } = await placeTasks(inspector, selection.ids, queue)
    if (byQueue.size === 0) throw new DqError('not_found', `no queue knows ${selection.ids.join(', ')}`)
    return { dead: selection.ids.length, batches: () => named(inspector, byQueue) }
  }
  const { filter } = selection
  const snapshot = await inspector.snapshot(await queuesOf(inspector, queue))
  return {
    dead: snapshot.reduce((sum, { dead }) => sum + dead, 0),
    async *batches() {
      for (const { name, atMs, dead } of snapshot)
        if (dead > 0)
          yield* ofQueue(inspector, name, { ...filter, beforeMs: Math.min(filter.beforeMs ?? Infinity, atMs + 1) })
    },
  }
}

/** Those of the ids that are dead. */
async function* named(inspector: Inspector, byQueue: ReadonlyMap<string, readonly string[]>): AsyncGenerator<Batch> {
  for (const [queue, ids] of byQueue)
    for (let from = 0; from < ids.length; from += BATCH) {
      const part = ids.slice(from, from + BATCH)
      const tasks = await Promise.all(part.map((id) => inspector.task(id, queue)))
      yield { queue, ids: part.filter((_, i) => tasks[i]?.state === 'dead'), scanned: part.length }
    }
}
