import { type AuditEntry, readAudit } from './audit.ts'
import { decodeDetail, decodeGrant, decodeHeld, DETAIL_COMMANDS, detailCommands, withGrant } from './detail.ts'
import { explain } from './explain/explain.ts'
import type { Explanation } from './explain/facts.ts'
import { knownFormat, unwrittenFormat } from './format.ts'
import { readGroups } from './groups.ts'
import { type GlobalKeys, globalKeys, NO_QUEUE, type QueueKeys, queueKeys } from './keys.ts'
import { type LimitInfo, readLimits } from './limit-reads.ts'
import { readLeases } from './leases.ts'
import { type PageOptions, readPage } from './pages.ts'
import type { RedisClient } from './redis.ts'
import { decodeType, type RegisteredType } from './registry.ts'
import { readRelations, type Relations } from './relations.ts'
import { readRedisInfo } from './redis-info.ts'
import type { QueueScale } from './scale.ts'
import { readScale } from './scale-read.ts'
import { readSchedule, readSchedules } from './schedules.ts'
import { runReadOnly } from './script.ts'
import { SCRIPTS } from './scripts.ts'
import { decodeSeries } from './series.ts'
import type { ObjectiveReport } from './slo.ts'
import { type AtInstant, readObjectives } from './slo-read.ts'
import { decodeSnapshot, type QueueSnapshot } from './snapshot.ts'
import type { State } from './states.ts'
import type {
  DeadGroup,
  LeaseInfo,
  Ledger,
  Page,
  RedisInfo,
  ScheduleInfo,
  ScheduleRun,
  Series,
  TaskInfo,
  WorkerInfo,
} from './task.ts'
import { type DeepReport, verifyDeep } from './verify.ts'
import { decodeWorker } from './workers.ts'

const PAGE_MAX = 500
const pageLimit = (limit = 100): number => Math.min(Math.max(1, limit), PAGE_MAX)

/** The read side: snapshots, pages, one task. Never writes, and nothing it does grows with the length of a queue. */
export class Inspector {
  readonly #redis: RedisClient
  readonly #namespace: string
  readonly #global: GlobalKeys
  readonly #keys = new Map<string, QueueKeys>()

  constructor(redis: RedisClient, namespace: string) {
    this.#redis = redis
    this.#namespace = namespace
    this.#global = globalKeys(namespace)
  }

  #of(queue: string): QueueKeys {
    let keys = this.#keys.get(queue)
    if (keys === undefined) this.#keys.set(queue, (keys = queueKeys(this.#namespace, queue, 'inspector')))
    return keys
  }

  async #queues(given: readonly string[] | undefined): Promise<readonly string[]> {
    return given ?? (await this.queueNames())
  }

  /** Of what is stored. @throws DqError `format` when this version does not know it. */
  async format(): Promise<number> {
    const { format, queues } = this.#global
    const [stored, used] = await this.#redis.batch([
      ['GET', format],
      ['EXISTS', queues],
    ])
    return knownFormat(`what is stored under ${this.#namespace}`, stored ?? unwrittenFormat(used === 1))
  }

  async queueNames(): Promise<string[]> {
    return ((await this.#redis.call('SMEMBERS', this.#global.queues)) as string[]).toSorted()
  }

  /** Each queue in one consistent look, one script call per queue. */
  async snapshot(queues?: readonly string[]): Promise<QueueSnapshot[]> {
    const names = await this.#queues(queues)
    return Promise.all(
      names.map(async (name) =>
        decodeSnapshot(name, await runReadOnly(this.#redis, SCRIPTS.snapshot, this.#of(name), { now: '' })),
      ),
    )
  }

  /** The last 15 minutes by the second and the last hour by ten seconds. */
  async series(queue: string): Promise<{ seconds: Series; tens: Series }> {
    const [ring, time] = await Promise.all([
      this.#redis.callBuffer('GET', this.#of(queue).series),
      this.#redis.call('TIME'),
    ])
    return decodeSeries(Buffer.isBuffer(ring) ? ring : Buffer.alloc(0), Number((time as string[])[0]) * 1_000)
  }

  /** The queue that has a task, or kept its record; undefined when none does. */
  async queueOf(id: string): Promise<string | undefined> {
    return (await this.task(id))?.queue
  }

  /** Everything known of one task. Without `queue` all registered queues are asked in one pipeline. */
  async task(id: string, queue?: string): Promise<TaskInfo | undefined> {
    const names = queue === undefined ? await this.queueNames() : [queue]
    const replies = await this.#redis.batch(names.flatMap((name) => detailCommands(this.#of(name), id)))
    for (const [i, name] of names.entries()) {
      const task = decodeDetail(name, id, replies.slice(i * DETAIL_COMMANDS, (i + 1) * DETAIL_COMMANDS))
      if (task !== undefined) return task.state === 'active' ? this.#withLease(task) : task
    }
    return undefined
  }

  /** What a task depends on, and what depends on it, with their states; at most 1,000 of each. */
  relations(task: { readonly queue: string; readonly id: string }): Promise<Relations> {
    return readRelations(this.#redis, this.#namespace, task)
  }

  async #withLease(task: TaskInfo): Promise<TaskInfo> {
    const keys = this.#of(task.queue)
    const held = decodeHeld((await this.#redis.call('HGET', keys.holders, task.id)) as string | null)
    if (held === undefined) return task
    const [grant, expiry] = await this.#redis.batch([
      ['HGET', keys.grants, held.nonce],
      ['ZSCORE', keys.leases, held.nonce],
    ])
    return withGrant(task, decodeGrant(grant as string | null), expiry === null ? undefined : Number(expiry))
  }

  /**
   * Tasks of a state: pending by priority and next to run first, scheduled soonest first, active by soonest end of lease,
   * blocked longest first, completed, cancelled and dead newest first.
   */
  tasks(
    queue: string,
    state: State,
    options: { cursor?: string | undefined; limit?: number | undefined; type?: string | undefined } = {},
  ): Promise<Page<TaskInfo>> {
    const limit = pageLimit(options.limit)
    return readPage(this.#redis, queue, this.#of(queue), state, { ...options, limit })
  }

  /** Dead tasks, newest first; the filter runs outside Redis, over the pages that were `scanned`. */
  deadPage(queue: string, options: Partial<PageOptions> = {}): Promise<Page<TaskInfo> & { readonly scanned: number }> {
    const limit = pageLimit(options.limit)
    return readPage(this.#redis, queue, this.#of(queue), 'dead', { ...options, limit })
  }

  /** Held tasks over all queues, soonest end of lease first. */
  async leases(
    options: { queues?: readonly string[] | undefined; limit?: number | undefined } = {},
  ): Promise<LeaseInfo[]> {
    const limit = Math.max(1, options.limit ?? 100)
    const names = await this.#queues(options.queues)
    const lists = await Promise.all(names.map((name) => readLeases(this.#redis, name, this.#of(name), limit)))
    return lists
      .flat()
      .toSorted((a, b) => a.leaseExpiresAtMs - b.leaseExpiresAtMs)
      .slice(0, limit)
  }

  /** Workers that beat within the last day, by id. */
  async workers(): Promise<WorkerInfo[]> {
    const [infos, beats, quiet, time] = (await this.#redis.batch([
      ['HGETALL', this.#global.workerInfo],
      ['ZRANGE', this.#global.workers, 0, -1, 'WITHSCORES'],
      ['SMEMBERS', this.#global.quiet],
      ['TIME'],
    ])) as [string[], string[], string[], string[]]
    const nowMs = Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000)
    const beatOf = new Map<string, number>()
    for (let i = 0; i < beats.length; i += 2) beatOf.set(beats[i]!, Number(beats[i + 1]))
    const workers: WorkerInfo[] = []
    for (let i = 0; i < infos.length; i += 2) {
      const id = infos[i]!
      workers.push(decodeWorker(id, infos[i + 1]!, { beatAtMs: beatOf.get(id) ?? 0, quiet: quiet.includes(id), nowMs }))
    }
    return workers.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** The limits of a queue and of its types, and what waits under them. */
  limits(queue: string): Promise<LimitInfo[]> {
    return readLimits(this.#redis, queue, this.#of(queue))
  }

  schedules(): Promise<ScheduleInfo[]> {
    return readSchedules(this.#redis, this.#global, (queue) => this.#of(queue))
  }

  /** One schedule with its last runs, newest first; undefined when there is none of that name. */
  schedule(name: string): Promise<(ScheduleInfo & { readonly runs: readonly ScheduleRun[] }) | undefined> {
    return readSchedule(this.#redis, this.#global, (queue) => this.#of(queue), name)
  }

  /** What workers registered, by type. */
  async types(): Promise<RegisteredType[]> {
    const flat = (await this.#redis.call('HGETALL', this.#global.types)) as string[]
    return flat.flatMap((type, i) => (i % 2 === 0 ? [decodeType(type, flat[i + 1] ?? '')] : []))
  }

  /** Changes by hand, of all queues and of what belongs to none, newest first; bounded by `limit`, however many there were. */
  async audit(
    options: { queues?: readonly string[] | undefined; limit?: number | undefined } = {},
  ): Promise<AuditEntry[]> {
    return readAudit(
      this.#redis,
      options.queues ?? [...(await this.queueNames()), NO_QUEUE],
      (queue) => this.#of(queue),
      pageLimit(options.limit),
    )
  }

  /** Dead tasks by the kind of their failure, over all queues, the largest group first. */
  async deadGroups(queues?: readonly string[]): Promise<DeadGroup[]> {
    const names = await this.#queues(queues)
    const nowMs = Date.now()
    const all = await Promise.all(names.map((queue) => readGroups(this.#redis, queue, this.#of(queue).groups, nowMs)))
    return all.flat().toSorted((a, b) => b.count - a.count)
  }

  /** How the objectives of these queues stand; those without one are left out. */
  objectives(infos: readonly AtInstant[]): Promise<ReadonlyMap<string, ObjectiveReport>> {
    return readObjectives(this.#redis, infos, (queue) => this.#of(queue))
  }

  /** What an autoscaler has to know of each queue, and how its objective stands. */
  async scale(queues?: readonly string[]): Promise<QueueScale[]> {
    return readScale(this.#redis, this, (queue) => this.#of(queue), await this.#queues(queues))
  }

  /** Why a task does not run, or what became of it. Without `queue` all registered queues are asked. */
  explain(id: string, queue?: string): Promise<Explanation> {
    return explain({ redis: this.#redis, inspector: this, keysOf: (name) => this.#of(name) }, id, queue)
  }

  redisInfo(): Promise<RedisInfo> {
    return readRedisInfo(this.#redis)
  }

  /** Whether the sums of a queue close: cheap, at any time. */
  async verify(queue: string): Promise<Ledger> {
    return (await this.snapshot([queue]))[0]!.ledger
  }

  /** Whether each id is in exactly one place: reads everything, exact while the queue is quiet. */
  verifyDeep(queue: string): Promise<DeepReport> {
    return verifyDeep(this.#redis, this.#of(queue))
  }
}
