import type { Inspector } from '../../../src/core/inspector.ts'
import { totalOf } from '../../../src/core/snapshot.ts'

/** Totals over all queues of a namespace. */
export interface Books {
  readonly enqueued: number
  readonly claimed: number
  readonly completed: number
  readonly cancelled: number
  readonly purged: number
  readonly replayed: number
  readonly dead: number
  readonly stale: number
  readonly reclaimed: number
}

export async function readBooks(inspector: Inspector): Promise<Books> {
  const books = {
    enqueued: 0,
    claimed: 0,
    completed: 0,
    cancelled: 0,
    purged: 0,
    replayed: 0,
    dead: 0,
    stale: 0,
    reclaimed: 0,
  }
  for (const { counters, claimed, stale, dead } of await inspector.snapshot()) {
    for (const event of ['enqueued', 'completed', 'cancelled', 'purged', 'replayed', 'reclaimed'] as const)
      books[event] += totalOf(counters, event)
    books.claimed += claimed
    books.stale += stale
    books.dead += dead
  }
  return books
}

/** Tasks that came to an end. */
export const endedOf = ({ completed, cancelled, purged, dead }: Books): number => completed + cancelled + purged + dead

/** What does not balance in any queue, in words. Exact while nothing moves. */
export async function driftOf(inspector: Inspector): Promise<string[]> {
  const drift: string[] = []
  for (const queue of await inspector.queueNames())
    drift.push(...(await inspector.verify(queue)).drift, ...(await inspector.verifyDeep(queue)).problems)
  return drift
}

/** Ids of all dead tasks. */
export async function deadIds(inspector: Inspector): Promise<string[]> {
  const ids: string[] = []
  for (const queue of await inspector.queueNames()) {
    let cursor: string | undefined
    do {
      const page = await inspector.deadPage(queue, { limit: 500, cursor })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  return ids
}
