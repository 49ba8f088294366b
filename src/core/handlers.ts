import { checkOptions } from './definition-options.ts'
import { durationMs } from './duration.ts'
import type { EnqueueResult } from './enqueue-result.ts'
import { DqError } from './errors.ts'
import type { LogLevel } from './events.ts'
import { NAME } from './keys.ts'
import { type ConcurrencyLimit, type RateLimit, type TypeLimits, typeLimits } from './limit-rules.ts'
import type { EnqueueOptions } from './options.ts'
import type { Relative } from './relations.ts'
import { PRIORITIES, type Priority, isPriority } from './priority.ts'
import { type RetryOptions, type RetryPolicy, retryPolicy } from './retry.ts'
import { type Schema, isSchema, validate } from './standard-schema.ts'
import type { Json, Stored } from './task.ts'
import { checkUnique, type Unique, type UniqueOptions } from './unique.ts'

export type TaskLog = Readonly<Record<LogLevel, (message: string, fields?: Readonly<Record<string, unknown>>) => void>>

/** What a handler is told of its task, and what it can do beside returning and throwing. */
export interface TaskContext {
  readonly id: string
  readonly type: string
  readonly queue: string
  /** 1 for the first run. */
  readonly attempt: number
  /** The attempt after which a failure is the last: retries allowed, and one. */
  readonly maxAttempts: number
  /** Aborted with an `Aborted` as reason: at the deadline, on cancel, when the lease is lost, at shutdown. */
  readonly signal: AbortSignal
  /** Grows with every grant of the queue: refuse what comes with a smaller one downstream. */
  readonly fence: number
  readonly log: TaskLog
  /** Tells how far it is, 0 to 1 or any number; kept at most once a second. */
  readonly progress: (value: number) => void
  /** Enqueues a further task into the same namespace. */
  readonly enqueue: <T extends string | TaskDefinition>(
    task: T,
    payload: PayloadOf<T>,
    options?: EnqueueOptions,
  ) => Promise<EnqueueResult<ResultOf<T>>>
  /** The tasks it depends on, and what they returned: in the order in which they were named, none for a task without. */
  readonly parents: () => Promise<readonly Relative[]>
  /**
   * Ends this run because what it calls refused it, such as by an answer 429: the task runs again after `delay`, no attempt is
   * counted, and where its type has a rate nothing under that rate starts before. @throws RateLimited always.
   */
  readonly rateLimited: (delay: number | string) => never
}

/** A handler: what it returns is the result; what it throws is a failure, `Discard` or `Snooze`. */
export type Handler<Payload = unknown, Result = unknown> = (
  payload: Payload,
  context: TaskContext,
) => Result | Promise<Result>

/** What `defineTask` takes. Durations are ms or text such as `'30s'`. */
export interface TaskOptions<Input, Result, Payload> {
  readonly type: string
  /** A Standard Schema (zod, valibot, arktype, …), checked at enqueue and again before each run. */
  readonly payload?: Schema<Input, Payload>
  /** Where `enqueue` puts it when the call names no queue. */
  readonly queue?: string
  readonly priority?: Priority
  /** How long one attempt may take. Default: the worker's. */
  readonly timeout?: number | string
  readonly retry?: RetryOptions
  /** How long the record of a finished task is kept; 0 keeps none. */
  readonly resultTtl?: number | string
  /** How many may start in a time, within each queue. What has to wait blocks nothing else and loses no attempt. */
  readonly rateLimit?: RateLimit<Input>
  /** How many may run at the same time, within each queue. */
  readonly concurrency?: number | ConcurrencyLimit<Input>
  /** At most one such task within a time, where `enqueue` does not say otherwise. */
  readonly unique?: UniqueOptions
  /**
   * Where it runs. `inline`: beside the others, in the worker's own thread. `thread` or `process`: by itself, so that it
   * neither blocks nor takes along anything else, and is killed when it does not end after its deadline; only a process
   * survives a crash of native code or memory that runs out. Default: inline, but a suspect (a task that was there when
   * workers died) in a process of its own where `module` is known; explicit `inline` never leaves the worker.
   */
  readonly isolation?: Isolation
  /** URL of the module that exports this definition, `import.meta.url`, to be loaded in a child. Handler files of a
   * daemon need not say it. Loading it must not start a worker. */
  readonly module?: string
  run(payload: Payload, context: TaskContext): Result | Promise<Result>
}

const BRAND = Symbol.for('distributedq.task')

/**
 * A type of task: its name, its policy and its handler. Made by `defineTask`.
 * `Input` is what `enqueue` takes, `Payload` what the schema makes of it for the handler; without any arguments it is
 * the type of all definitions.
 */
export interface TaskDefinition<Input = never, Result = unknown, Payload = never> {
  readonly [BRAND]: true
  readonly type: string
  readonly schema: Schema | undefined
  readonly queue: string | undefined
  readonly priority: Priority | undefined
  readonly timeoutMs: number | undefined
  readonly retry: RetryPolicy
  readonly resultTtlMs: number | undefined
  readonly limits: TypeLimits | undefined
  readonly unique: Unique | undefined
  readonly isolation: Isolation | undefined
  readonly module: string | undefined
  run(payload: Payload, context: TaskContext): Result | Promise<Result>
  /** Never there: it carries the type of what can be enqueued. */
  readonly '~input'?: (input: Input) => void
}

/** What the payload of a task definition, or of a bare type name, has to be. */
export type PayloadOf<T> = T extends TaskDefinition<infer Input> ? Input : unknown

/** What a task of a definition returns, as it is read back; of a bare type name anything. */
export type ResultOf<T> = T extends TaskDefinition<infer _Input, infer Result, infer _Payload> ? Stored<Result> : Json

export const ISOLATIONS = ['inline', 'thread', 'process'] as const
export type Isolation = (typeof ISOLATIONS)[number]

const refuse = (field: string, message: string): DqError => new DqError('invalid_input', message, { details: [field] })

function checkName(value: unknown, what: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  const shown = typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value)
  throw refuse(
    what,
    `${what} ${shown} is not a name; write 1 to 64 letters, digits, and . _ : -, a letter or digit first`,
  )
}

function checkIsolation(type: string, value: unknown): Isolation | undefined {
  const known = ISOLATIONS.find((one) => one === value)
  if (value === undefined || known !== undefined) return known
  throw refuse('isolation', `task ${type}: isolation is none of ${ISOLATIONS.join(', ')}`)
}

function checkModule(type: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && URL.canParse(value))) return value
  throw refuse('module', `task ${type}: module is no URL; write import.meta.url`)
}

/**
 * Defines a type of task, for `Client.enqueue` and for `Worker`.
 * @throws DqError `invalid_input` or `not_supported`, naming the option.
 */
export function defineTask<Payload = unknown, Result = unknown, Input = Payload>(
  options: TaskOptions<Input, Result, Payload>,
): TaskDefinition<Input, Result, Payload> {
  const type = checkName(options.type, 'type')
  checkOptions(type, options)
  const { payload, queue, priority, timeout, resultTtl } = options
  if (typeof options.run !== 'function') throw refuse('run', `task ${type}: run has to be a function`)
  if (payload !== undefined && !isSchema(payload))
    throw refuse(
      'payload',
      `task ${type}: payload has to be a Standard Schema, such as a zod, valibot or arktype schema`,
    )
  if (priority !== undefined && !isPriority(priority))
    throw refuse('priority', `task ${type}: priority '${String(priority)}' is none of ${PRIORITIES.join(', ')}`)
  const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, `task ${type}: timeout`)
  if (timeoutMs === 0) throw refuse('timeout', `task ${type}: timeout has to be longer than 0`)
  return {
    [BRAND]: true,
    type,
    schema: payload,
    queue: queue === undefined ? undefined : checkName(queue, `task ${type}: queue`),
    priority,
    timeoutMs,
    unique: checkUnique(options.unique, `task ${type}`),
    retry: retryPolicy(options.retry, `task ${type}: retry`),
    limits: typeLimits(options.rateLimit, options.concurrency),
    isolation: checkIsolation(type, options.isolation),
    module: checkModule(type, options.module),
    resultTtlMs: resultTtl === undefined ? undefined : durationMs(resultTtl, `task ${type}: resultTtl`),
    run: (input, context) => options.run(input, context),
  }
}

/** Also true for definitions made by another copy of this library in the same process. */
export const isTaskDefinition = (value: unknown): value is TaskDefinition =>
  typeof value === 'object' && value !== null && Reflect.get(value, BRAND) === true

/**
 * Checks a payload against its definition before it is enqueued.
 * @returns the payload as it was given: what the schema makes of it is made again before each run.
 * @throws DqError `invalid_input` naming the fields, never their values.
 */
export async function validatePayload<T>(definition: Pick<TaskDefinition, 'type' | 'schema'>, payload: T): Promise<T> {
  if (definition.schema === undefined) return payload
  const validated = await validate(definition.schema, payload)
  if (validated.ok) return payload
  throw new DqError('invalid_input', `payload of ${definition.type} is not valid: ${validated.message}`, {
    details: validated.fields,
  })
}

/** What a worker takes: definitions, or an object of handlers by type, in which definitions may stand too. */
export type Tasks = readonly TaskDefinition[] | Readonly<Record<string, TaskDefinition | Handler<never>>>

function definitionOf(key: string, value: unknown): TaskDefinition {
  if (isTaskDefinition(value)) return value
  if (typeof value === 'function') return defineTask({ type: checkName(key, 'type'), run: value as Handler })
  throw refuse('tasks', `tasks: ${key} is neither a handler function nor made by defineTask`)
}

/**
 * Brings what a worker was given into one shape: by type.
 * @throws DqError `invalid_input` when something is no handler, or when a type is there twice.
 */
export function normaliseTasks(tasks: Tasks): Map<string, TaskDefinition> {
  const entries = Array.isArray(tasks)
    ? tasks.map((task, i) => [`number ${i + 1}`, task] as const)
    : Object.entries(tasks)
  const byType = new Map<string, TaskDefinition>()
  for (const [key, value] of entries) {
    const definition = definitionOf(
      Array.isArray(tasks) && typeof value === 'function' ? (value as Handler).name : key,
      value,
    )
    const other = byType.get(definition.type)
    if (other === definition) continue
    if (other) throw refuse('tasks', `tasks: there are two handlers for ${definition.type}; keep one`)
    byType.set(definition.type, definition)
  }
  return byType
}
