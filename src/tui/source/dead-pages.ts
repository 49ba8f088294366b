import type { QueueInfo } from '../../core/task.ts'
import { type DeadRow, toDeadRow } from './rows.ts'
import type { ConsoleReads } from './source.ts'

const PAGE = 100
/** No list on a screen is read further than this; filters narrow it down, and bulk commands page by themselves. */
export const DEAD_ROWS_CAP = 5_000

interface Shelf {
  readonly queue: string
  rows: DeadRow[]
  cursor: string | undefined
  isWhole: boolean
}

/** Changes whenever a queue's dead set does, whatever its size. */
function signature({ name, dead, counters }: QueueInfo): string {
  const moves = ['dead', 'replayed', 'purged', 'restored'].map((event) =>
    Object.values(counters[event] ?? {}).reduce((sum, n) => sum + n, 0),
  )
  return [name, dead, ...moves].join('|')
}

/** Dead tasks of several queues as one list, newest first, read by pages and only when something changed. */
export class DeadPages {
  readonly #reads: ConsoleReads
  #signature = ''
  #shelves: Shelf[] = []

  constructor(reads: ConsoleReads) {
    this.#reads = reads
  }

  /** At least `want` rows, where there are as many. */
  async load(queues: readonly QueueInfo[], want: number): Promise<{ rows: readonly DeadRow[]; isWhole: boolean }> {
    const withDead = queues.filter(({ dead }) => dead > 0)
    const now = withDead.map(signature).join('\n')
    if (now !== this.#signature) {
      this.#shelves = withDead.map(({ name }) => ({ queue: name, rows: [], cursor: undefined, isWhole: false }))
      this.#signature = ''
      await Promise.all(this.#shelves.map((shelf) => this.#extend(shelf)))
      this.#signature = now
    }
    const goal = Math.min(want, DEAD_ROWS_CAP)
    for (;;) {
      const rows = merged(this.#shelves)
      const next = newestHorizon(this.#shelves)
      if (rows.length >= goal || next === undefined) return { rows, isWhole: next === undefined }
      await this.#extend(next)
    }
  }

  async #extend(shelf: Shelf): Promise<void> {
    const cursor = shelf.cursor === undefined ? {} : { cursor: shelf.cursor }
    const page = await this.#reads.deadPage(shelf.queue, { limit: PAGE, ...cursor })
    shelf.rows.push(...page.items.map(toDeadRow))
    shelf.cursor = page.cursor
    shelf.isWhole = page.cursor === undefined
  }
}

const diedAt = (row: DeadRow | undefined): number => row?.diedAtMs ?? 0

/** Of the queues that have more, the one whose unread rest may hold the newest task. */
function newestHorizon(shelves: readonly Shelf[]): Shelf | undefined {
  const open = shelves.filter(({ isWhole }) => !isWhole)
  return open.toSorted((a, b) => diedAt(b.rows.at(-1)) - diedAt(a.rows.at(-1)))[0]
}

/** Only down to where every queue was read: below that an unread task could belong in between. */
function merged(shelves: readonly Shelf[]): DeadRow[] {
  const horizon = newestHorizon(shelves)
  const until = horizon === undefined ? Number.NEGATIVE_INFINITY : diedAt(horizon.rows.at(-1))
  return shelves
    .flatMap(({ rows }) => rows)
    .filter((row) => diedAt(row) >= until)
    .toSorted((a, b) => diedAt(b) - diedAt(a) || (a.key < b.key ? 1 : -1))
}
