import { type DqError, messageOf } from '../../core/errors.ts'
import type { QueueInfo } from '../../core/task.ts'
import { type Safe, safeLine } from '../text/safe.ts'
import { readCauses, readUnknownTypes } from './causes.ts'
import { type Data, type Part } from './data.ts'
import { toGroupRows } from './group-rows.ts'
import { type History, sumHistories, toHistory } from './history.ts'
import { toObjectiveRow } from './objective-rows.ts'
import { readOperations } from './operation-rows.ts'
import { toAuditRow, toLeaseRow, toQueueRow, toWorkerRow } from './rows.ts'
import { toRunRow, toScheduleRow } from './schedule-rows.ts'
import type { Clock } from './clock.ts'
import { type ConsoleSource, type TaskRef, sameRef } from './source.ts'
import { toTaskDoc } from './task-doc.ts'
import { type PagesWant, TaskPages } from './task-pages.ts'

/** What the screen of now needs beyond what every screen shows. */
export interface Wants {
  readonly leases: number
  readonly history: boolean
  readonly dead: PagesWant | undefined
  /** Another list of tasks than the DLQ. */
  readonly tasks: PagesWant | undefined
  /** What the dead tasks of a queue, or of all, died of. */
  readonly groups: { readonly queue: string | undefined } | undefined
  readonly operations: boolean
  readonly audit: boolean
  /** What the findings say more of. */
  readonly causes: boolean
  readonly schedules: boolean
  /** The schedule whose last runs are shown. */
  readonly runs: string | undefined
  readonly task: TaskRef | undefined
}

type Update = Partial<Data>
const REDIS_INFO_EVERY_MS = 10_000
/** A column of a sparkline is 10 s or so: reading the series more often shows nothing new. */
const HISTORY_EVERY_MS = 2_000
/** Enough for a hint of why. */
const CAUSES_EVERY_MS = 5_000
/** Why a task waits changes with the line before it. */
const REASONS_EVERY_MS = 2_000
/** Workers tell what they counted every ten seconds. */
const OBJECTIVES_EVERY_MS = 5_000
/** What was begun or paused elsewhere is seen by then. */
const OPERATIONS_EVERY_MS = 5_000
/** The newest of each queue, fewer of each where there are many. */
const AUDIT_ROWS = 200
const AUDIT_ROWS_LEAST = 40

/** What the screen of a task says anyway. */
const TOLD_BY_FACTS = new Set(['running', 'completed', 'cancelled', 'dead', 'unknown'])

/** Reads what is wanted and turns it into what may be shown: the boundary that every string from Redis passes. */
export class Reader {
  readonly #source: ConsoleSource
  readonly #dead: TaskPages
  readonly #tasks: TaskPages
  readonly #clock: Clock
  #redisInfoAtMs = 0
  #historyAtMs = 0
  #causesAtMs = 0
  #operationsAtMs = 0
  #objectivesAtMs = 0
  #reasonsAtMs = 0
  #evictedBefore: number | undefined

  constructor(source: ConsoleSource, clock: Clock) {
    this.#source = source
    this.#dead = new TaskPages(source.reads)
    this.#tasks = new TaskPages(source.reads)
    this.#clock = clock
  }

  /** What was read earlier may be of another Redis: read everything again. */
  forget(): void {
    this.#redisInfoAtMs = 0
    this.#historyAtMs = 0
    this.#causesAtMs = 0
    this.#operationsAtMs = 0
    this.#objectivesAtMs = 0
    this.#reasonsAtMs = 0
    this.#evictedBefore = undefined
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
    const nowMs = infos[0]?.atMs ?? endedMs
    const every = (lastMs: number, ms: number): boolean => endedMs - lastMs >= ms
    const updates = await Promise.all([
      part('workers', true, () => this.#workers()),
      part('leases', wants.leases > 0, () => this.#leases(wants.leases)),
      part('history', wants.history && every(this.#historyAtMs, HISTORY_EVERY_MS), () => this.#history(infos)),
      part('dead', wants.dead !== undefined, async () => ({ dead: await this.#dead.load(infos, wants.dead!, nowMs) })),
      part('tasks', wants.tasks !== undefined, () => this.#pages(infos, wants.tasks!, nowMs)),
      part('groups', wants.groups !== undefined, () => this.#groups(wants.groups!)),
      part('operations', wants.operations, () => this.#operations(infos, before, nowMs)),
      part('audit', wants.audit, () => this.#audit(infos.length)),
      part('schedules', wants.schedules, () => this.#schedules()),
      part('runs', wants.runs !== undefined, () => this.#runs(wants.runs!)),
      part('task', wants.task !== undefined, () => this.#task(before, wants.task)),
      part('reasons', wants.task !== undefined, () => this.#reasons(before, wants.task!)),
      part('objectives', wants.history && every(this.#objectivesAtMs, OBJECTIVES_EVERY_MS), () =>
        this.#objectives(infos),
      ),
      part('redis', every(this.#redisInfoAtMs, REDIS_INFO_EVERY_MS), () => this.#redis()),
      part('causes', wants.causes && every(this.#causesAtMs, CAUSES_EVERY_MS), () => this.#causes(infos, before)),
    ])
    return Object.assign(counts(infos, endedMs - latencyMs / 2), { latencyMs, troubles }, ...updates) as Update
  }

  async #pages(infos: readonly QueueInfo[], wanted: NonNullable<Wants['tasks']>, nowMs: number): Promise<Update> {
    return { tasks: await this.#tasks.load(infos, wanted, nowMs) }
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

  async #runs(name: string): Promise<Update> {
    const schedule = await this.#source.reads.schedule(name)
    return { runs: { schedule: name, rows: (schedule?.runs ?? []).map((run) => toRunRow(run, schedule!.queue)) } }
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

  async #groups({ queue }: { readonly queue: string | undefined }): Promise<Update> {
    const groups = await this.#source.reads.deadGroups(queue === undefined ? undefined : [queue])
    return { groups: { queue, rows: toGroupRows(groups) } }
  }

  async #operations(infos: readonly QueueInfo[], before: Data, nowMs: number): Promise<Update> {
    const atMs = this.#clock.nowMs()
    const isFull = atMs - this.#operationsAtMs >= OPERATIONS_EVERY_MS
    const queues = infos.map(({ name }) => name)
    const operations = await readOperations(this.#source.operations, before.operations, { queues, nowMs, isFull })
    if (isFull) this.#operationsAtMs = atMs
    return { operations }
  }

  async #audit(queues: number): Promise<Update> {
    const limit = Math.max(AUDIT_ROWS_LEAST, Math.min(AUDIT_ROWS, Math.floor(2_000 / Math.max(1, queues))))
    return { audit: (await this.#source.reads.audit({ limit })).map(toAuditRow) }
  }

  async #causes(infos: readonly QueueInfo[], { queueHistory }: Data): Promise<Update> {
    const { reads } = this.#source
    const [causes, unknownTypes] = await Promise.all([
      readCauses(reads, infos, queueHistory),
      readUnknownTypes(reads, infos, await reads.workers()),
    ])
    // The first reading has no history yet, and so no cause: the next one looks again.
    if (queueHistory.size > 0) this.#causesAtMs = this.#clock.nowMs()
    return { causes, unknownTypes }
  }

  async #task(before: Data, ref: TaskRef | undefined): Promise<Update> {
    if (ref === undefined) return {}
    const info = await this.#source.reads.task(ref.id, ref.queue)
    if (info !== undefined) {
      const relations = await this.#source.reads.relations(info)
      return { task: { ref, kind: 'found', doc: toTaskDoc(info, relations) } }
    }
    const last = sameRef(before.task?.ref, ref) ? before.task?.doc : undefined
    return { task: { ref, kind: 'gone', doc: last } }
  }

  async #reasons(before: Data, ref: TaskRef): Promise<Update> {
    const atMs = this.#clock.nowMs()
    if (sameRef(before.reasons?.ref, ref) && atMs - this.#reasonsAtMs < REASONS_EVERY_MS) return {}
    const { reasons } = await this.#source.reads.explain(ref.id, ref.queue)
    this.#reasonsAtMs = atMs
    const texts = reasons.filter(({ code }) => !TOLD_BY_FACTS.has(code)).map(({ text }) => safeLine(text, 1_000))
    return { reasons: { ref, texts } }
  }

  async #objectives(infos: readonly QueueInfo[]): Promise<Update> {
    const reports = await this.#source.reads.objectives(infos)
    this.#objectivesAtMs = this.#clock.nowMs()
    return { objectives: new Map([...reports].map(([queue, report]) => [queue, toObjectiveRow(report)])) }
  }

  async #redis(): Promise<Update> {
    const info = await this.#source.reads.redisInfo()
    this.#redisInfoAtMs = this.#clock.nowMs()
    this.#evictedBefore ??= info.evictedKeys
    const redis = {
      usedBytes: info.usedMemoryBytes,
      maxBytes: info.maxMemoryBytes,
      evicted: Math.max(0, info.evictedKeys - this.#evictedBefore),
      evictionPolicy: safeLine(info.evictionPolicy, 30),
    }
    return { redisVersion: safeLine(info.version, 20), redis }
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
