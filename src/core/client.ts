import { EnqueueBatcher } from './batcher.ts'
import { Broker } from './broker.ts'
import { checkClientOptions, type ClientOptions } from './client-options.ts'
import { DurableEnqueue } from './durability.ts'
import { isAwaited } from './durability-level.ts'
import { Keyring } from './encryption/keyring.ts'
import { revealTask } from './encryption/reveal.ts'
import { EnqueueMany } from './enqueue-many.ts'
import { type EnqueueResult, type ItemResult, resultOf, unwrap } from './enqueue-result.ts'
import { DqError } from './errors.ts'
import type { Flow } from './flow.ts'
import { type BatchCallback, batchFlow, type BatchResult, batchResult } from './flow-batch.ts'
import { FlowCalls } from './flow-calls.ts'
import { FlowProducer, type FlowResult } from './flow-producer.ts'
import type { PayloadOf, ResultOf, TaskDefinition } from './handlers.ts'
import { Inspector } from './inspector.ts'
import { Operations } from './operations.ts'
import { Operator } from './operator.ts'
import type { EnqueueOptions } from './options.ts'
import { Persistent } from './persistent.ts'
import { Preparer } from './preparer.ts'
import { QueueRegistry } from './queues.ts'
import { openRedis, type RedisClient } from './redis.ts'
import { ScriptRunner } from './runner.ts'
import { TypeRegistry } from './registry.ts'
import { STATES } from './states.ts'
import type { Json, TaskId, TaskInfo } from './task.ts'
import { enqueuing, type EnqueueSpan } from './tracing.ts'
import type { NewTask } from './verbs.ts'

export interface NewTaskItem extends EnqueueOptions {
  readonly type: string
  readonly payload: unknown
}

export type CancelOutcome = 'cancelled' | 'requested' | 'final' | 'not_found'

const typeOf = (task: string | TaskDefinition): string => (typeof task === 'string' ? task : task.type)

const WAIT_FIRST_MS = 20
const WAIT_MOST_MS = 500

/** The producer's side: enqueue, look up, cancel, wait. Safe to share; close it at the end. */
export class Client {
  readonly inspector: Inspector
  readonly operator: Operator
  /** Bulk replays and purges that live in Redis. */
  readonly operations: Operations
  readonly #redis: RedisClient
  readonly #owned: boolean
  readonly #batcher: EnqueueBatcher
  readonly #durable: DurableEnqueue
  readonly #flows: FlowProducer
  readonly #many: EnqueueMany
  readonly #persistent: Persistent
  readonly #preparer: Preparer
  readonly #queues: QueueRegistry
  readonly #keyring: Keyring | undefined
  readonly #registered = new Set<string>()

  /** @throws DqError `invalid_input` for an address, a namespace, a time or an option that cannot be. Redis is reached in the background. */
  constructor(options: ClientOptions = {}) {
    const { namespace, idempotencyTtlMs, timeoutMs } = checkClientOptions(options)
    this.#keyring = Keyring.of(options.encryption)
    this.#owned = options.redis === undefined
    this.#redis = options.redis ?? openRedis({ url: options.redisUrl ?? 'redis://127.0.0.1:6379/0', name: 'dq-client' })
    this.#persistent = new Persistent(this.#redis, { withinMs: timeoutMs })
    const broker = new Broker(this.#persistent, { namespace })
    this.#batcher = new EnqueueBatcher(broker)
    this.#durable = new DurableEnqueue(this.#redis, { namespace, timeoutMs })
    const types = new TypeRegistry(this.#redis, namespace)
    this.#preparer = new Preparer(types, this.#persistent, idempotencyTtlMs, this.#keyring)
    this.#queues = new QueueRegistry(this.#redis, namespace)
    this.inspector = new Inspector(this.#redis, namespace)
    const { by = 'library' } = options
    this.operator = new Operator(broker, this.#redis, namespace, by, this.#keyring)
    const scripts = new ScriptRunner(this.#persistent, { namespace })
    this.operations = new Operations({ redis: this.#redis, inspector: this.inspector, namespace, by, scripts })
    const register = (queue: string): Promise<void> => this.#register(queue)
    this.#flows = new FlowProducer({
      calls: new FlowCalls(new ScriptRunner(this.#persistent, { namespace })),
      prepare: (...args) => this.#preparer.prepareAny(...args),
      register,
      cancel: (queue, ids) => this.operator.cancel(queue, ids),
    })
    this.#many = new EnqueueMany({
      broker,
      durable: this.#durable,
      flows: this.#flows,
      preparer: this.#preparer,
      register,
    })
  }

  /**
   * Enqueues one task. Calls of the same turn of the event loop leave together.
   * @throws DqError `invalid_input`, `payload_too_large`, `conflict`, `out_of_memory`, `credentials`; `unavailable` or
   * `timeout` when `timeoutMs` has passed without an answer: a task with an `id` can safely be sent again.
   */
  enqueue<T extends string | TaskDefinition>(
    task: T,
    payload: PayloadOf<T>,
    options: EnqueueOptions = {},
  ): Promise<EnqueueResult<ResultOf<T>>> {
    const call = (span?: EnqueueSpan): Promise<EnqueueResult> => this.#enqueue(task, payload, options, span)
    const result = enqueuing(call, () => {
      const given = options.traceparent
      return { operation: 'enqueue', types: [typeOf(task)], given, isSecret: this.#isSecret }
    })
    return result as Promise<EnqueueResult<ResultOf<T>>> // an id knows what its task returns by its type alone
  }

  async #enqueue(
    task: string | TaskDefinition,
    payload: unknown,
    options: EnqueueOptions,
    span: EnqueueSpan | undefined,
  ): Promise<EnqueueResult> {
    const { queue, task: prepared } = await this.#preparer.prepareAny(task, payload, options, span?.traceparent)
    await this.#register(queue)
    const result = await this.#send(queue, prepared)
    span?.enqueued([queue], [result])
    return result
  }

  async #send(queue: string, task: NewTask): Promise<EnqueueResult> {
    if (task.edges !== undefined) return unwrap((await this.#flows.enqueue(queue, [task]))[0]!)
    const { durability } = task
    if (!isAwaited(durability)) return resultOf(task.id, await this.#batcher.enqueue(queue, task))
    return resultOf(task.id, (await this.#durable.at(durability).enqueue(queue, [task]))[0]!)
  }

  /**
   * Enqueues tasks that depend on each other: all or none when they are of one queue and fit into one call (500 nodes,
   * 2,000 edges, 1 MiB); others in an order in which none runs early and none is lost, see docs/FLOWS.md.
   * @throws DqError as `enqueue` does; `invalid_input` names the node, the key that is missing, or the cycle.
   */
  enqueueFlow(flow: Flow): Promise<FlowResult> {
    const call = async (span?: EnqueueSpan): Promise<FlowResult> => {
      const result = await this.#flows.enqueueFlow(flow, span?.traceparent)
      const nodes = Object.values(result.nodes)
      span?.enqueued(
        nodes.map(({ queue }) => queue),
        nodes,
      )
      return result
    }
    return enqueuing(call, () => ({ operation: 'enqueue_flow', types: [], isSecret: this.#isSecret }))
  }

  /** Enqueues 1 to 1,000 tasks and one that runs when all of them are over, however they ended: `context.parents` tells. */
  async enqueueBatch(
    items: readonly NewTaskItem[],
    { callback }: { readonly callback: BatchCallback },
  ): Promise<BatchResult> {
    return batchResult(items.length, await this.enqueueFlow(batchFlow(items, callback)))
  }

  /**
   * Enqueues many tasks, 500 a call. One refused item does not lose the others.
   * @returns per item, in order, its id and outcome, or the error that refused it.
   * @throws DqError only when Redis failed as a whole; repeating the call is safe for items with an `id` or key.
   */
  enqueueMany(items: readonly NewTaskItem[]): Promise<ItemResult[]> {
    const call = (span?: EnqueueSpan): Promise<ItemResult[]> => this.#many.enqueue(items, span)
    return enqueuing(call, () => {
      const types = items.map(({ type }) => type)
      return { operation: 'enqueue_many', types, isSecret: this.#isSecret }
    })
  }

  get #isSecret(): boolean {
    return this.#keyring !== undefined
  }

  async #register(queue: string): Promise<void> {
    if (this.#registered.has(queue)) return
    await this.#persistent.repeat('register', () => this.#queues.register(queue))
    this.#registered.add(queue)
  }

  /** @returns undefined for an id that no queue knows. Without `queue` all registered queues are asked at once. */
  async getTask<Result = Json>(
    id: TaskId<Result>,
    options: { queue?: string | undefined } = {},
  ): Promise<TaskInfo<Result> | undefined> {
    const task = await this.inspector.task(id, options.queue)
    const shown = task === undefined || this.#keyring === undefined ? task : revealTask(task, this.#keyring)
    // The type is a promise of the one who enqueued it: what is stored is what the handler returned.
    return shown as TaskInfo<Result> | undefined
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
  async waitFor<Result = Json>(
    id: TaskId<Result>,
    options: { queue?: string | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<TaskInfo<Result>> {
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
    this.#persistent.close()
    await this.#durable.close()
    if (this.#owned) await this.#redis.close()
  }
}
