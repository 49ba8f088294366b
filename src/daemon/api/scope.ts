import type { Client, NewTaskItem } from '../../core/client.ts'
import type { EnqueueResult } from '../../core/enqueue-result.ts'
import type { FlowNode } from '../../core/flow.ts'
import { Inspector } from '../../core/inspector.ts'
import { DEFAULTS } from '../../core/limits.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import type { RedisClient } from '../../core/redis.ts'
import type { Relations } from '../../core/relations.ts'
import { HttpError } from './http-error.ts'
import type { Api, Producer } from './route.ts'

type Placed = Pick<EnqueueOptions, 'queue' | 'dependsOn'>

/** The queues that a key is for. */
class Scope {
  readonly #queues: ReadonlySet<string>

  constructor(queues: readonly string[]) {
    this.#queues = new Set(queues)
  }

  readonly has = (queue: string): boolean => this.#queues.has(queue)

  /** The same for every other queue, whether there is one of that name or not. @throws HttpError 403 */
  check(queue: string): string {
    if (this.has(queue)) return queue
    const mine = [...this.#queues].join(', ')
    throw new HttpError(403, 'forbidden', `this key is not for queue ${queue.slice(0, 80)}; it is for ${mine}`)
  }
}

/** Sees nothing outside of its scope: all that looks at many queues begins with their names. */
class ScopedInspector extends Inspector {
  readonly #scope: Scope

  constructor(redis: RedisClient, namespace: string, scope: Scope) {
    super(redis, namespace)
    this.#scope = scope
  }

  override async queueNames(): Promise<string[]> {
    return (await super.queueNames()).filter(this.#scope.has)
  }

  override async workers(): ReturnType<Inspector['workers']> {
    const workers = await super.workers()
    return workers.flatMap((worker) => {
      const queues = worker.queues.filter(this.#scope.has)
      return queues.length === 0 ? [] : [{ ...worker, queues }]
    })
  }

  override async schedules(): ReturnType<Inspector['schedules']> {
    return (await super.schedules()).filter(({ queue }) => this.#scope.has(queue))
  }

  override async schedule(name: string): ReturnType<Inspector['schedule']> {
    const found = await super.schedule(name)
    return found !== undefined && this.#scope.has(found.queue) ? found : undefined
  }

  override async relations(task: Parameters<Inspector['relations']>[0]): Promise<Relations> {
    const { parents, children } = await super.relations(task)
    const mine = ({ queue }: { readonly queue: string }): boolean => this.#scope.has(queue)
    return { parents: parents.filter(mine), children: children.filter(mine) }
  }
}

/** Places tasks in the queues of a scope only. Where a task names none, the one that its type says is written down. */
class ScopedProducer implements Producer {
  readonly #client: Producer
  readonly #inspector: Inspector
  readonly #scope: Scope

  constructor(client: Producer, inspector: Inspector, scope: Scope) {
    this.#client = client
    this.#inspector = inspector
    this.#scope = scope
  }

  async #queuesOfTypes(): Promise<ReadonlyMap<string, string | undefined>> {
    return new Map((await this.#inspector.types()).map(({ type, queue }) => [type, queue]))
  }

  #placed<T extends Placed>(type: string, options: T, ofTypes: ReadonlyMap<string, string | undefined>): T {
    const queue = this.#scope.check(options.queue ?? ofTypes.get(type) ?? DEFAULTS.queue)
    for (const parent of options.dependsOn ?? [])
      if (typeof parent !== 'string' && parent.queue !== undefined) this.#scope.check(parent.queue)
    return { ...options, queue }
  }

  async enqueue(type: string, payload: unknown, options: EnqueueOptions): Promise<EnqueueResult> {
    return this.#client.enqueue(type, payload, this.#placed(type, options, await this.#queuesOfTypes()))
  }

  /** One task for a queue of others refuses the whole call: nothing is enqueued. */
  async enqueueMany(items: readonly NewTaskItem[]): ReturnType<Client['enqueueMany']> {
    const ofTypes = await this.#queuesOfTypes()
    return this.#client.enqueueMany(items.map((item) => this.#placed(item.type, item, ofTypes)))
  }

  async enqueueFlow({ nodes }: Parameters<Client['enqueueFlow']>[0]): ReturnType<Client['enqueueFlow']> {
    const ofTypes = await this.#queuesOfTypes()
    const placed = (node: FlowNode): FlowNode => ({
      ...node,
      options: this.#placed(typeof node.task === 'string' ? node.task : node.task.type, node.options ?? {}, ofTypes),
      children: node.children?.map(placed),
    })
    return this.#client.enqueueFlow({ nodes: nodes.map(placed) })
  }
}

export interface ScopePlace {
  readonly redis: RedisClient
  readonly namespace: string
}

/** What the routes work with in the name of a key for some queues. */
export function scopedApi(api: Api, queues: readonly string[], { redis, namespace }: ScopePlace): Api {
  const scope = new Scope(queues)
  const inspector = new ScopedInspector(redis, namespace, scope)
  return {
    ...api,
    inspector,
    client: new ScopedProducer(api.client, inspector, scope),
    mayUse: (queue) => void scope.check(queue),
  }
}
