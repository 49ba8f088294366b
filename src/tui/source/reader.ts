import { type DqError, messageOf } from '../../core/errors.ts'
import type { QueueInfo } from '../../core/task.ts'
import { type Safe, safeLine } from '../text/safe.ts'
import { type Data, type Part, EMPTY_DEAD } from './data.ts'
import { DeadPages } from './dead-pages.ts'
import { type History, sumHistories, toHistory } from './history.ts'
import { toLeaseRow, toQueueRow, toScheduleRow, toWorkerRow } from './rows.ts'
import type { Clock } from './clock.ts'
import { type ConsoleSource, type TaskRef, sameRef } from './source.ts'
import { toTaskDoc } from './task-doc.ts'

/** What the screen of now needs beyond what every screen shows. */
export interface Wants {
  readonly leases: number
  readonly history: boolean
  readonly dead: { readonly queue: string | undefined; readonly rows: number } | undefined
  readonly schedules: boolean
  readonly task: TaskRef | undefined
}

type Update = Partial<Data>
const REDIS_INFO_EVERY_MS = 10_000
/** A column of a sparkline is 10 s or so: reading the series more often shows nothing new. */
const HISTORY_EVERY_MS = 2_000

/** Reads what is wanted and turns it into what may be shown: the boundary that every string from Redis passes. */
export class Reader {
  readonly #source: ConsoleSource
  readonly #dead: DeadPages
  readonly #clock: Clock
  #redisInfoAtMs = 0
  #historyAtMs = 0

  constructor(source: ConsoleSource, clock: Clock) {
    this.#source = source
    this.#dead = new DeadPages(source.reads)
    this.#clock = clock
  }

  /** What was read earlier may be of another Redis: read everything again. */
  forget(): void {
    this.#redisInfoAtMs = 0
    this.#historyAtMs = 0
  }

  /** @throws DqError when not even the counts can be read; parts that fail alone are named in `troubles`. */
  async read(before: Data, wants: Wants): Promise<Update> {
    const started = this.#clock.steadyMs()
    const infos = await this.#source.reads.snapshot()
    const latencyMs = this.#clock.steadyMs() - started
    const endedMs = this.#clock.nowMs()
    const troubles: Partial<Record<Part, Safe>> = {}
    const part = async (name: Part, isWanted: boolean, work: () => Promise<Update>): Promise<Update> => {
      if (!isWanted) return {}
      try {
        return await work()
      } catch (error) {
        if ((error as DqError).code === 'unavailable') throw error
        troubles[name] = safeLine(messageOf(error))
        return {}
      }
    }
    const updates = await Promise.all([
      part('workers', true, () => this.#workers()),
      part('leases', wants.leases > 0, () => this.#leases(wants.leases)),
      part('history', wants.history && endedMs - this.#historyAtMs >= HISTORY_EVERY_MS, () => this.#history(infos)),
      part('dead', wants.dead !== undefined, () => this.#deadList(infos, wants.dead)),
      part('schedules', wants.schedules, () => this.#schedules()),
      part('task', wants.task !== undefined, () => this.#task(before, wants.task)),
      part('redis', endedMs - this.#redisInfoAtMs >= REDIS_INFO_EVERY_MS, () => this.#redis()),
    ])
    return Object.assign(counts(infos, endedMs - latencyMs / 2), { latencyMs, troubles }, ...updates) as Update
  }

  async #workers(): Promise<Update> {
    return { workers: (await this.#source.reads.workers()).map(toWorkerRow) }
  }

  async #leases(limit: number): Promise<Update> {
    return { leases: (await this.#source.reads.leases({ limit })).map(toLeaseRow) }
  }

  async #schedules(): Promise<Update> {
    return { schedules: (await this.#source.reads.schedules()).map(toScheduleRow) }
  }

  async #history(infos: readonly QueueInfo[]): Promise<Update> {
    const read = async ({ name }: QueueInfo): Promise<[string, History]> => [
      name,
      toHistory((await this.#source.reads.series(name)).seconds),
    ]
    const queueHistory = new Map(await Promise.all(infos.map(read)))
    this.#historyAtMs = this.#clock.nowMs()
    return { queueHistory, history: sumHistories([...queueHistory.values()]) }
  }

  async #deadList(infos: readonly QueueInfo[], want: Wants['dead']): Promise<Update> {
    if (want === undefined) return { dead: EMPTY_DEAD }
    const queues = want.queue === undefined ? infos : infos.filter(({ name }) => name === want.queue)
    return { dead: { ...(await this.#dead.load(queues, want.rows)), queue: want.queue } }
  }

  async #task(before: Data, ref: TaskRef | undefined): Promise<Update> {
    if (ref === undefined) return {}
    const info = await this.#source.reads.task(ref.id, ref.queue)
    if (info !== undefined) return { task: { ref, kind: 'found', doc: toTaskDoc(info) } }
    const last = sameRef(before.task?.ref, ref) ? before.task?.doc : undefined
    return { task: { ref, kind: 'gone', doc: last } }
  }

  async #redis(): Promise<Update> {
    const { version } = await this.#source.reads.redisInfo()
    this.#redisInfoAtMs = this.#clock.nowMs()
    return { redisVersion: safeLine(version, 20) }
  }
}

function counts(infos: readonly QueueInfo[], middleMs: number): Update {
  const atMs = infos[0]?.atMs
  return {
    queues: infos.map(toQueueRow).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    scheduleCount: infos.reduce((sum, { schedules }) => sum + schedules, 0),
    ...(atMs === undefined ? {} : { skewMs: atMs - middleMs }),
  }
}
