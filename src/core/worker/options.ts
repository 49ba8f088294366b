import { hostname } from 'node:os'
import { durationMs } from '../duration.ts'
import { type EncryptionOptions, Keyring } from '../encryption/keyring.ts'
import { DqError } from '../errors.ts'
import type { Events } from '../events.ts'
import { type TaskDefinition, type Tasks, normaliseTasks } from '../handlers.ts'
import { randomText } from '../ids.ts'
import { NAME } from '../keys.ts'
import { namesOf, refuseUnknown } from '../known-options.ts'
import { DEFAULTS } from '../limits.ts'
import type { SettledPolicy } from '../outcome.ts'
import type { PriorityOrder } from '../priority.ts'
import type { RedisClient } from '../redis.ts'
import { retryLimit } from '../retry.ts'
import { defineSchedule, type NewSchedule } from '../schedule-definition.ts'
import type { Enqueue } from './context.ts'

/** A queue to work on. Of two queues with work, one of weight 3 gets three times the claims of one of weight 1. */
export interface QueueShare {
  readonly name: string
  /** Default 1. */
  readonly weight?: number
}

/** Durations are ms. */
export interface WorkerOptions {
  /** What it can run: `defineTask` results, or an object of handlers by type. */
  readonly tasks: Tasks
  /** Default `redis://127.0.0.1:6379/0`. */
  readonly redisUrl?: string | undefined
  /** An open connection, which `stop` leaves open. Two more with the same settings are opened beside it. */
  readonly redis?: RedisClient | undefined
  readonly namespace?: string | undefined
  /** Default `['default']`. */
  readonly queues?: readonly (string | QueueShare)[] | undefined
  /** Tasks at the same time. Default 10. */
  readonly concurrency?: number | undefined
  /** How long tasks stay with a worker that fell silent. Default 30 s. */
  readonly leaseMs?: number | undefined
  /** For tasks and types that have no timeout of their own. Default 30 s. */
  readonly taskTimeoutMs?: number | undefined
  /** For tasks and types that have no limit of their own. Default 3. */
  readonly maxRetries?: number | undefined
  /** `strict` (default): lower priorities only when the higher ones are empty. */
  readonly priorityOrder?: PriorityOrder | undefined
  /** How long the record of a finished task is kept; 0 keeps none. Default 24 h. */
  readonly resultTtlMs?: number | undefined
  /** Records kept per queue. Default 10,000. */
  readonly resultMax?: number | undefined
  /** How long past its deadline a task is left to a process that does not react. Default 5 s. */
  readonly deadlineGraceMs?: number | undefined
  /**
   * Whether this worker also keeps its queues going: moves due tasks into line, fires schedules, takes back what dead
   * workers held, ends what is kept beyond its time, and shows itself in the list of workers. Any number may do it.
   * Default true; false where daemons do it.
   */
  readonly upkeep?: boolean | undefined
  /**
   * Ends the whole process, by SIGKILL, when its event loop has been blocked for so long that every task it held has been
   * given up. For programs that are nothing but a worker and have a supervisor, as daemons do. Default false.
   */
  readonly endsWhenStuck?: boolean | undefined
  /** Saved soon after it has started, see `defineSchedule`; those that are declared no longer stay until they are removed. */
  readonly schedules?: readonly NewSchedule[] | undefined
  readonly events?: Events | undefined
  /** Default: host, process and a random part. */
  readonly id?: string | undefined
  /** What `context.enqueue` uses. Default: a client of this worker's own connection. */
  readonly client?: { readonly enqueue: Enqueue } | undefined
  /**
   * Opens payloads that are encrypted, and encrypts results, errors, what handlers enqueue and the payloads of `schedules`.
   * Default: tasks with such a payload are put off, for workers that have its key.
   */
  readonly encryption?: EncryptionOptions | Keyring | undefined
  readonly random?: (() => number) | undefined
}

/** The options, checked and complete. */
export interface Settings {
  readonly id: string
  readonly namespace: string
  readonly queues: readonly Required<QueueShare>[]
  readonly slots: number
  readonly leaseMs: number
  readonly taskTimeoutMs: number
  readonly maxRetries: number
  readonly priorityOrder: PriorityOrder
  readonly resultTtlMs: number
  readonly resultMax: number
  readonly deadlineGraceMs: number
  readonly upkeep: boolean
  readonly schedules: readonly NewSchedule[]
  readonly endsWhenStuck: boolean
  readonly tasks: ReadonlyMap<string, TaskDefinition>
  /** Of types whose timeout is not the worker's. */
  readonly timeouts: Readonly<Record<string, number>>
  readonly keyring: Keyring | undefined
  readonly random: () => number
}

const OPTIONS = namesOf<WorkerOptions>({
  tasks: true,
  redisUrl: true,
  redis: true,
  namespace: true,
  queues: true,
  concurrency: true,
  leaseMs: true,
  taskTimeoutMs: true,
  maxRetries: true,
  priorityOrder: true,
  resultTtlMs: true,
  resultMax: true,
  deadlineGraceMs: true,
  upkeep: true,
  endsWhenStuck: true,
  schedules: true,
  events: true,
  id: true,
  client: true,
  encryption: true,
  random: true,
})

const refuse = (field: string, message: string): DqError => new DqError('invalid_input', message, { details: [field] })

function whole(value: number, min: number, max: number, field: string): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw refuse(field, `${field} ${value} has to be a whole number from ${min} to ${max}`)
}

function name(value: string, field: string): string {
  if (NAME.test(value)) return value
  throw refuse(field, `${field} '${value.slice(0, 80)}' is not a name; write 1 to 64 letters, digits, and . _ : -`)
}

function shares(queues: readonly (string | QueueShare)[]): Required<QueueShare>[] {
  const list = queues.map((queue) => (typeof queue === 'string' ? { name: queue } : queue))
  if (list.length === 0) throw refuse('queues', 'queues is empty; name at least one, such as default')
  const names = list.map((queue) => name(queue.name, 'queue'))
  const twice = names.find((one, i) => names.indexOf(one) !== i)
  if (twice !== undefined) throw refuse('queues', `queue ${twice} is there twice; give it a weight instead`)
  return list.map(({ name: queue, weight = 1 }) => ({
    name: queue,
    weight: whole(weight, 1, 1000, `weight of ${queue}`),
  }))
}

/** Part of every grant's record, so it must be free of blanks and bars. */
function ownId(): string {
  const host =
    hostname()
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 30) || 'host'
  return `${/^[A-Za-z0-9]/.test(host) ? '' : 'h'}${host}.${process.pid}.${randomText(4).toLowerCase()}`
}

/** @throws DqError `invalid_input` or `not_supported`, naming the option. */
export function settingsOf(options: WorkerOptions): Settings {
  refuseUnknown('Worker', options, OPTIONS)
  const tasks = normaliseTasks(options.tasks)
  const taskTimeoutMs = durationMs(options.taskTimeoutMs ?? DEFAULTS.taskTimeoutMs, 'taskTimeoutMs')
  const timeouts: Record<string, number> = {}
  for (const { type, timeoutMs } of tasks.values())
    if (timeoutMs !== undefined && timeoutMs !== taskTimeoutMs) timeouts[type] = timeoutMs
  for (const { type, isolation, module } of tasks.values())
    if (isolation !== undefined && isolation !== 'inline' && module === undefined)
      throw refuse(
        'module',
        `task ${type}: isolation ${isolation} needs module: import.meta.url, so that a child can load it`,
      )
  const { priorityOrder = 'strict' } = options
  if (priorityOrder !== 'strict' && priorityOrder !== 'weighted')
    throw refuse('priorityOrder', `priorityOrder '${String(priorityOrder)}' is neither strict nor weighted`)
  return {
    id: options.id === undefined ? ownId() : name(options.id, 'id'),
    namespace: name(options.namespace ?? DEFAULTS.namespace, 'namespace'),
    queues: shares(options.queues ?? [DEFAULTS.queue]),
    slots: whole(options.concurrency ?? 10, 1, 10_000, 'concurrency'),
    leaseMs: whole(options.leaseMs ?? DEFAULTS.leaseMs, 100, 86_400_000, 'leaseMs'),
    taskTimeoutMs: whole(taskTimeoutMs, 1, 2_000_000_000, 'taskTimeoutMs'),
    maxRetries: retryLimit(options.maxRetries ?? DEFAULTS.maxRetries, 'maxRetries'),
    priorityOrder,
    resultTtlMs: durationMs(options.resultTtlMs ?? DEFAULTS.resultTtlMs, 'resultTtlMs'),
    resultMax: whole(options.resultMax ?? DEFAULTS.resultMax, 0, 1_000_000_000, 'resultMax'),
    deadlineGraceMs: durationMs(options.deadlineGraceMs ?? DEFAULTS.deadlineGraceMs, 'deadlineGraceMs'),
    upkeep: options.upkeep ?? true,
    schedules: (options.schedules ?? []).map(defineSchedule),
    endsWhenStuck: options.endsWhenStuck ?? false,
    tasks,
    timeouts,
    keyring: Keyring.of(options.encryption),
    random: options.random ?? Math.random,
  }
}

/** The retry policy of one task: its own limit, else its type's, else the worker's. */
export function policyOf(
  settings: Pick<Settings, 'maxRetries'>,
  definition: Pick<TaskDefinition, 'retry'>,
  maxRetries: number | undefined,
): SettledPolicy {
  const limit = maxRetries ?? definition.retry.limit ?? settings.maxRetries
  return { ...definition.retry, limit }
}
