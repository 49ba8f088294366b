import { EnqueueBatcher } from './batcher.ts'
import { Broker } from './broker.ts'
import { DqError } from './errors.ts'
import type { TaskDefinition } from './handlers.ts'
import { validatePayload } from './handlers.ts'
import { idGenerator } from './ids.ts'
import { Inspector } from './inspector.ts'
import { NAME } from './keys.ts'
import { DEFAULTS } from './limits.ts'
import { Operator } from './operator.ts'
import { type EnqueueOptions, type Prepared, prepareTask, type TypeDefaults } from './options.ts'
import { QueueRegistry } from './queues.ts'
import { openRedis, type RedisClient } from './redis.ts'
import { TypeRegistry } from './registry.ts'
import { STATES } from './states.ts'
import type { TaskInfo } from './task.ts'
import type { EnqueueReply, NewTask } from './verbs.ts'

export interface ClientOptions {
  /** Default `redis://127.0.0.1:6379/0`. */
  readonly redisUrl?: string | undefined
  /** An open connection, which `close` leaves open. */
  readonly redis?: RedisClient | undefined
  readonly namespace?: string | undefined
  /** How long an idempotency key outlives the success of its task. */
  readonly idempotencyTtlMs?: number | undefined
  /** Who changes things, for the audit. */
  readonly by?: string | undefined
}

export interface EnqueueResult {
  readonly id: string
  readonly outcome: 'enqueued' | 'duplicate'
}

export interface NewTaskItem extends EnqueueOptions {
  readonly type: string
  readonly payload: unknown
}

export type CancelOutcome = 'cancelled' | 'requested' | 'final' | 'not_found'

/** What the payload of a task definition, or of a bare type name, has to be. */
type PayloadOf<T> = T extends TaskDefinition<infer P> ? P : unknown

const WAIT_FIRST_MS = 20
const WAIT_MOST_MS = 500

/** The producer's side: enqueue, look up, cancel, wait. Safe to share; close it at the end. */
export class Client {
  readonly inspector: Inspector
  readonly operator: Operator
  readonly #redis: RedisClient
  readonly #owned: boolean
  readonly #batcher: EnqueueBatcher
  readonly #broker: Broker
  readonly #types: TypeRegistry
  readonly #queues: QueueRegistry
  readonly #nextId = idGenerator()
  readonly #idempotencyTtlMs: number

  /** @throws DqError `invalid_input` for an address, a namespace or a time that cannot be. Redis is reached in the background. */
  constructor(options: ClientOptions = {}) {
    const namespace = options.namespace ?? DEFAULTS.namespace
    if (!NAME.test(namespace))
      throw new DqError('invalid_input', `namespace '${namespace}' has to be letters, digits, . _ : or -`)
    const { idempotencyTtlMs = DEFAULTS.idempotencyTtlMs } = options
    if (!Number.isFinite(idempotencyTtlMs) || idempotencyTtlMs < 0)
      throw new DqError('invalid_input', `idempotencyTtlMs ${idempotencyTtlMs} has to be a number of ms, 0 or more`)
    this.#idempotencyTtlMs = idempotencyTtlMs
    this.#owned = options.redis === undefined
    this.#redis = options.redis ?? openRedis({ url: options.redisUrl ?? 'redis://127.0.0.1:6379/0', name: 'dq-client' })
    this.#broker = new Broker(this.#redis, { namespace })
    this.#batcher = new EnqueueBatcher(this.#broker)
    this.#types = new TypeRegistry(this.#redis, namespace)
    this.#queues = new QueueRegistry(this.#redis, namespace)
    this.inspector = new Inspector(this.#redis, namespace)
    this.operator = new Operator(this.#broker, this.#redis, namespace, options.by ?? 'library')
  }

  /**
   * Enqueues one task. Calls of the same turn of the event loop leave together.
   * @throws DqError `invalid_input`, `payload_too_large`, `conflict`, `out_of_memory`, `unavailable`.
   */
  async enqueue<T extends string | TaskDefinition>(
    task: T,
    payload: PayloadOf<T>,
    options: EnqueueOptions = {},
  ): Promise<EnqueueResult> {
    const { queue, task: prepared } =
      typeof task === 'string'
        ? this.#prepare(task, payload, options, await this.#types.get(task))
        : this.#prepare(task.type, await validatePayload<unknown>(task, payload), options, task)
    await this.#queues.register(queue)
    return resultOf(prepared.id, await this.#batcher.enqueue(queue, prepared))
  }

  /**
   * Enqueues many tasks, 500 a call. One refused item does not lose the others.
   * @returns per item, in order, its id and outcome, or the error that refused it.
   * @throws DqError only when Redis failed as a whole; repeating the call is safe for items with an `id` or key.
   */
  async enqueueMany(items: readonly NewTaskItem[]): Promise<(EnqueueResult | { readonly error: DqError })[]> {
    const learned = await this.#learnTypes(items)
    const results: (EnqueueResult | { readonly error: DqError })[] = Array.from({ length: items.length })
    const byQueue = new Map<string, { at: number[]; tasks: NewTask[] }>()
    for (const [at, item] of items.entries()) {
      const prepared = this.#prepareOrRefuse(item, learned.get(item.type))
      if (prepared instanceof DqError) {
        results[at] = { error: prepared }
        continue
      }
      let list = byQueue.get(prepared.queue)
      if (list === undefined) byQueue.set(prepared.queue, (list = { at: [], tasks: [] }))
      list.at.push(at)
      list.tasks.push(prepared.task)
    }
    await Promise.all(
      Array.from(byQueue, async ([queue, { at, tasks }]) => {
        await this.#queues.register(queue)
        const replies = await this.#broker.enqueue(queue, tasks)
        tasks.forEach((task, i) => (results[at[i]!] = resultOrError(task.id, replies[i]!)))
      }),
    )
    return results
  }

  /** What is registered of the types of a batch, each read once, so that the items need not wait one by one. */
  async #learnTypes(items: readonly NewTaskItem[]): Promise<Map<string, TypeDefaults | undefined>> {
    const types = Array.from(new Set(items.map(({ type }) => type))).filter((type) => typeof type === 'string')
    return new Map(await Promise.all(types.map(async (type) => [type, await this.#types.get(type)] as const)))
  }

  #prepareOrRefuse({ type, payload, ...options }: NewTaskItem, defaults: TypeDefaults | undefined): Prepared | DqError {
    try {
      return this.#prepare(type, payload, options, defaults)
    } catch (error) {
      if (error instanceof DqError && isRefusal(error)) return error
      throw error
    }
  }

  #prepare(type: string, payload: unknown, options: EnqueueOptions, defaults: TypeDefaults | undefined): Prepared {
    return prepareTask(type, payload, options, defaults ?? {}, {
      nextId: this.#nextId,
      nowMs: Date.now(),
      idempotencyTtlMs: this.#idempotencyTtlMs,
    })
  }

  /** @returns undefined for an id that no queue knows. Without `queue` all registered queues are asked at once. */
  getTask(id: string, options: { queue?: string | undefined } = {}): Promise<TaskInfo | undefined> {
    return this.inspector.task(id, options.queue)
  }

  /** Stops a task in any state that is not final; a running one is asked to stop (`requested`). */
  async cancel(id: string, options: { queue?: string | undefined } = {}): Promise<CancelOutcome> {
    const queue = options.queue ?? (await this.inspector.queueOf(id))
    if (queue === undefined) return 'not_found'
    return (await this.operator.cancel(queue, [id]))[0] ?? 'not_found'
  }

  /**
   * Waits until a task is completed, dead or cancelled.
   * @throws DqError `timeout` after `timeoutMs` (default 60 s), `not_found` when no queue knows the id, or its record is gone.
   */
  async waitFor(
    id: string,
    options: { queue?: string | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<TaskInfo> {
    const timeoutMs = options.timeoutMs ?? 60_000
    const endAt = performance.now() + timeoutMs
    for (let pauseMs = WAIT_FIRST_MS; ; pauseMs = Math.min(pauseMs * 1.5, WAIT_MOST_MS)) {
      const task = await this.getTask(id, options)
      if (task === undefined) throw new DqError('not_found', `task ${id} is not known, or its record is no longer kept`)
      if (STATES[task.state].final) return task
      if (performance.now() + pauseMs > endAt)
        throw new DqError('timeout', `task ${id} is still ${task.state} after ${timeoutMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#redis.close()
  }
}

/** Whether an error is about one item, so that the others go on. */
const isRefusal = (error: DqError): boolean =>
  ['invalid_input', 'not_supported', 'payload_too_large'].includes(error.code)

function resultOrError(id: string, reply: EnqueueReply): EnqueueResult | { readonly error: DqError } {
  if (reply.word === 'enqueued') return { id, outcome: 'enqueued' }
  if (reply.word === 'duplicate') return { id: reply.owner ?? id, outcome: 'duplicate' }
  if (reply.word === 'conflict')
    return {
      error: new DqError('conflict', `id ${id} exists with other content; choose another id, or send the same task`, {
        details: ['id'],
      }),
    }
  return { error: new DqError('payload_too_large', `task ${id} is too large`, { details: ['payload'] }) }
}

function resultOf(id: string, reply: EnqueueReply): EnqueueResult {
  const result = resultOrError(id, reply)
  if ('error' in result) throw result.error
  return result
}
