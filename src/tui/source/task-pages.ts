import type { State } from '../../core/states.ts'
import type { LeaseInfo, QueueInfo, TaskInfo } from '../../core/task.ts'
import { filterOf } from '../state/filter.ts'
import { type TaskRow, toTaskRow } from './task-row.ts'
import type { ConsoleReads } from './source.ts'

/** Which tasks a list is of, and how many of them. */
export interface PagesWant {
  readonly states: readonly State[]
  /** Undefined: of all queues. */
  readonly queue: string | undefined
  readonly filter: string
  /** At least so many rows, where there are as many. */
  readonly rows: number
  /** With a filter: how many tasks to look at. */
  readonly scan: number
}

export interface TaskList {
  readonly rows: readonly TaskRow[]
  /** Whether every task that is meant was looked at. */
  readonly isWhole: boolean
  /** How many were looked at. */
  readonly scanned: number
  readonly states: readonly State[]
  readonly queue: string | undefined
  readonly filter: string
}

/** No list on a screen keeps more rows than this; filters narrow it down, and bulk commands page by themselves. */
export const ROWS_CAP = 5_000
/** One reading looks at no more tasks, and stops after so many bytes of payload. */
export const LOOKS_PER_READING = 2_000
const BYTES_PER_READING = 8 * 1024 * 1024
/** A long scan is not begun again at once because one task came or went. */
const RESCAN_AFTER_MS = 15_000

interface Shelf {
  readonly queue: string
  readonly state: State
  rows: TaskRow[]
  cursor: string | undefined
  isBegun: boolean
  isWhole: boolean
  /** Where in the order of the list the reading of this shelf has got to. */
  horizon: number
}

interface Budget {
  looks: number
  bytes: number
}

const hasRoom = ({ looks, bytes }: Budget): boolean => looks > 0 && bytes > 0

/** Where a task stands in a list over several queues; the smallest first. */
function placeOf(state: State, task: { finishedAtMs: number | undefined; runAtMs: number | undefined }): number {
  if (state === 'scheduled' || state === 'retrying') return task.runAtMs ?? 0
  return -(task.finishedAtMs ?? 0)
}

const rowPlace = (row: TaskRow): number => (row.endedAtMs === undefined ? (row.dueAtMs ?? 0) : -row.endedAtMs)

/** Who holds the tasks of a queue and until when, which a page of active tasks does not say. */
export async function leasesOf(reads: ConsoleReads, queue: string): Promise<ReadonlyMap<string, LeaseInfo>> {
  const leases = await reads.leases({ limit: ROWS_CAP, queues: [queue] })
  return new Map(leases.map((lease) => [lease.id, lease]))
}

export function withLease(task: TaskInfo, leases: ReadonlyMap<string, LeaseInfo>): TaskInfo {
  const lease = leases.get(task.id)
  if (lease === undefined) return task
  const { worker, claimedAtMs: startedAtMs, leaseExpiresAtMs } = lease
  return { ...task, worker, startedAtMs, leaseExpiresAtMs }
}

/** One way through all pages, begun at one instant. */
export class Scan {
  readonly #reads: ConsoleReads
  readonly #want: PagesWant
  readonly shelves: readonly Shelf[]
  readonly signature: string
  readonly begunMs: number
  readonly #leases = new Map<string, ReadonlyMap<string, LeaseInfo>>()
  scanned = 0

  constructor(reads: ConsoleReads, want: PagesWant, queues: readonly string[], signature: string, nowMs: number) {
    this.#reads = reads
    this.#want = want
    this.signature = signature
    this.begunMs = nowMs
    this.shelves = queues.flatMap((queue) =>
      want.states.map((state) => ({
        queue,
        state,
        rows: [],
        cursor: undefined,
        isBegun: false,
        isWhole: false,
        horizon: Number.NEGATIVE_INFINITY,
      })),
    )
  }

  /** Reads on until there is enough for the list, or this reading has done its share. @returns whether it is enough */
  async advance(want: PagesWant, budget: Budget, nowMs: number): Promise<boolean> {
    const fresh = this.shelves.filter(({ isBegun }) => !isBegun)
    const first = Math.max(20, Math.min(100, Math.floor(LOOKS_PER_READING / Math.max(1, fresh.length))))
    while (fresh.length > 0 && hasRoom(budget)) {
      await Promise.all(fresh.splice(0, 20).map((shelf) => this.#extend(shelf, first, budget, nowMs)))
    }
    for (;;) {
      const next = this.#next()
      if (next === undefined || this.#isEnough(want)) return true
      if (!hasRoom(budget)) return false
      await this.#extend(next, want.filter === '' ? 100 : Math.min(250, Math.max(1, budget.looks)), budget, nowMs)
    }
  }

  #isEnough(want: PagesWant): boolean {
    const rows = this.rows().length
    if (rows >= ROWS_CAP) return true
    // With nothing found it goes on by itself, as long as there is anything left to look at.
    return want.filter === '' ? rows >= want.rows : rows > 0 && this.scanned >= want.scan
  }

  /** The shelf whose unread rest may hold what comes first. */
  #next(): Shelf | undefined {
    return this.shelves.filter(({ isWhole }) => !isWhole).toSorted((a, b) => a.horizon - b.horizon)[0]
  }

  get isWhole(): boolean {
    return this.shelves.every(({ isWhole }) => isWhole)
  }

  async #extend(shelf: Shelf, limit: number, budget: Budget, nowMs: number): Promise<void> {
    const options = shelf.cursor === undefined ? { limit } : { limit, cursor: shelf.cursor }
    const { queue, state } = shelf
    const page =
      state === 'dead'
        ? await this.#reads.deadPage(queue, options)
        : { ...(await this.#reads.tasks(queue, state, options)), scanned: undefined }
    const tasks = state === 'active' ? await this.#withLeases(queue, page.items) : page.items
    const { matches } = filterOf(this.#want.filter)
    for (const task of tasks)
      if (matches(task, nowMs)) shelf.rows.push(toTaskRow(task, this.#leases.get(queue)?.get(task.id)?.leaseMs))
    const last = tasks.at(-1)
    if (last !== undefined) shelf.horizon = placeOf(state, last)
    shelf.cursor = page.cursor
    shelf.isBegun = true
    shelf.isWhole = page.cursor === undefined
    const looked = page.scanned ?? tasks.length
    this.scanned += looked
    budget.looks -= Math.max(1, looked)
    budget.bytes -= tasks.reduce((sum, { payloadBytes }) => sum + (payloadBytes ?? 0), 0)
  }

  async #withLeases(queue: string, tasks: readonly TaskInfo[]): Promise<readonly TaskInfo[]> {
    const leases = this.#leases.get(queue) ?? (await leasesOf(this.#reads, queue))
    this.#leases.set(queue, leases)
    return tasks.map((task) => withLease(task, leases))
  }

  /** Only down to where every shelf was read: below that an unread task could belong in between. */
  rows(): readonly TaskRow[] {
    if (this.shelves.length <= 1) return this.shelves[0]?.rows ?? []
    const until = Math.min(
      ...this.shelves
        .filter(({ isWhole, horizon }) => !isWhole && Number.isFinite(horizon))
        .map(({ horizon }) => horizon),
    )
    return this.shelves
      .flatMap(({ rows }) => rows)
      .filter((row) => rowPlace(row) <= until)
      .toSorted((a, b) => rowPlace(a) - rowPlace(b) || (a.key < b.key ? 1 : -1))
  }
}

const countIn = (info: QueueInfo, state: State): number => {
  if (state === 'dead') return info.dead
  if (state === 'active') return info.active
  if (state === 'blocked' || state === 'limited') return info[state]
  if (state === 'pending') return info.pending.high + info.pending.default + info.pending.low
  return state === 'scheduled' || state === 'retrying' ? info.scheduled : info.completed
}

/** Changes whenever what a queue has in a state does, also when the number of it is the same. */
function signatureOf(info: QueueInfo, states: readonly State[]): string {
  const isDead = states.every((state) => state === 'dead')
  const counters = isDead ? ['dead', 'replayed', 'purged', 'restored'] : Object.keys(info.counters)
  const moves = counters.map((event) => Object.values(info.counters[event] ?? {}).reduce((sum, n) => sum + n, 0))
  return [info.name, ...states.map((state) => countIn(info, state)), isDead ? '' : info.active, ...moves].join('|')
}

/** The tasks of one list, read by pages and only when something changed, a bounded part at each reading. */
export class TaskPages {
  readonly #reads: ConsoleReads
  #key = ''
  #current: Scan | undefined
  #next: Scan | undefined

  constructor(reads: ConsoleReads) {
    this.#reads = reads
  }

  async load(infos: readonly QueueInfo[], want: PagesWant, nowMs: number): Promise<TaskList> {
    const { admitsQueue } = filterOf(want.filter)
    const mine = infos.filter(
      (info) =>
        (want.queue ?? info.name) === info.name &&
        admitsQueue(info.name) &&
        want.states.some((state) => countIn(info, state) > 0),
    )
    const signature = mine.map((info) => signatureOf(info, want.states)).join('\n')
    const key = [want.queue ?? '\n', want.filter, ...want.states].join('\0')
    const begin = (): Scan =>
      new Scan(
        this.#reads,
        want,
        mine.map(({ name }) => name),
        signature,
        nowMs,
      )
    if (key !== this.#key || this.#current === undefined) {
      this.#current = begin()
      this.#next = undefined
      this.#key = key
    } else if (this.#next === undefined && signature !== this.#current.signature && this.#isDue(want, nowMs)) {
      this.#next = begin()
    }
    const budget = { looks: LOOKS_PER_READING, bytes: BYTES_PER_READING }
    if (this.#next !== undefined && (await this.#next.advance(want, budget, nowMs))) {
      this.#current = this.#next
      this.#next = undefined
    } else if (this.#next === undefined) await this.#current.advance(want, budget, nowMs)
    const { states, queue, filter } = want
    const { scanned, isWhole } = this.#current
    return { rows: this.#current.rows().slice(0, ROWS_CAP), isWhole, scanned, states, queue, filter }
  }

  #isDue(want: PagesWant, nowMs: number): boolean {
    const isLong = Math.max(want.filter === '' ? want.rows : want.scan, this.#current!.scanned) > LOOKS_PER_READING
    return !isLong || nowMs - this.#current!.begunMs >= RESCAN_AFTER_MS
  }
}
