import { type EnqueueResult, type ItemResult, resultOrError, unknownParent } from './enqueue-result.ts'
import { refOf } from './depend.ts'
import { DqError } from './errors.ts'
import { type Flow, type FlowNode, flowEdges, type Link, linksOf, type Placed, refuseTooMany } from './flow.ts'
import type { FlowCalls, FlowTask, Relation } from './flow-calls.ts'
import { relateAndTell } from './forward.ts'
import { Load, type PlanCall, planFlow } from './flow-plan.ts'
import type { EnqueueOptions, Prepared } from './options.ts'
import type { NewTask } from './verbs.ts'

export interface FlowResult {
  /** By the keys of the nodes. */
  readonly nodes: Readonly<Record<string, EnqueueResult & { readonly queue: string }>>
}

export interface FlowProducerParts {
  readonly calls: FlowCalls
  /** Checks and encodes one task. */
  readonly prepare: (
    task: FlowNode['task'],
    payload: unknown,
    options: EnqueueOptions,
    traceparent: string | undefined,
  ) => Promise<Prepared>
  readonly register: (queue: string) => Promise<void>
  readonly cancel: (queue: string, ids: readonly string[]) => Promise<unknown>
}

type Ready = Placed & { readonly task: NewTask; readonly link: Link }

/** Enqueues tasks that depend on others. */
export class FlowProducer {
  readonly #parts: FlowProducerParts

  constructor(parts: FlowProducerParts) {
    this.#parts = parts
  }

  /** Tasks of one queue, each by itself; what one of them is refused for is its own matter. */
  async enqueue(queue: string, tasks: readonly NewTask[]): Promise<ItemResult[]> {
    const unknown = await this.#unknownElsewhere(queue, tasks)
    const results: ItemResult[] = []
    for (const part of callsOf(tasks)) {
      const good = part.filter((task) => !unknown.has(task))
      const replies = await this.#parts.calls.enqueue(
        queue,
        good.map((task) => ({ task, children: [] })),
        false,
      )
      let at = 0
      for (const task of part) {
        const ref = unknown.get(task)
        results.push(ref === undefined ? resultOrError(task.id, replies[at++]!) : { error: unknownParent(ref) })
      }
    }
    return results
  }

  /**
   * Tells parents in other queues of their children to come, so that nothing they leave is forgotten before those are there.
   * @returns tasks with a parent that its queue does not know.
   */
  async #unknownElsewhere(queue: string, tasks: readonly NewTask[]): Promise<Map<NewTask, string>> {
    const unknown = new Map<NewTask, string>()
    const byQueue = new Map<string, { task: NewTask; id: string }[]>()
    for (const task of tasks)
      for (const edge of task.edges ?? []) {
        if (edge.queue === queue || edge.comes === true) continue
        const list = byQueue.get(edge.queue)
        if (list === undefined) byQueue.set(edge.queue, [{ task, id: edge.id }])
        else list.push({ task, id: edge.id })
      }
    for (const [parentQueue, asked] of byQueue) {
      const relations = asked.map(({ task, id }): Relation => ({
        sign: '+',
        parent: id,
        child: refOf({ queue, id: task.id }),
      }))
      const answers = await this.#parts.calls.relate(parentQueue, relations)
      for (const [i, { task, id }] of asked.entries())
        if (answers[i]!.outcome === 'unknown') unknown.set(task, refOf({ queue: parentQueue, id }))
    }
    return unknown
  }

  /** See `Client.enqueueFlow`. @param traceparent for nodes that were given none of their own. */
  async enqueueFlow(flow: Flow, traceparent?: string): Promise<FlowResult> {
    const links = linksOf(flow)
    const nodes = await this.#prepareAll(links, traceparent)
    const calls = planFlow(nodes)
    for (const queue of new Set(calls.map((call) => call.queue))) {
      await this.#parts.register(queue)
      const tasks = [...nodes.values()].flatMap((node) => (node.queue === queue ? [node.task] : []))
      for (const ref of (await this.#unknownElsewhere(queue, tasks)).values()) throw unknownParent(ref)
    }
    const results: Record<string, EnqueueResult & { queue: string }> = {}
    for (const [i, call] of calls.entries())
      try {
        await this.#send(call, nodes, results)
        await this.#joinEarlier(call, nodes, results)
      } catch (error) {
        // What was refused never comes: those who would wait for it are taken back. After an outage the call may be made again.
        if (error instanceof DqError && !error.isTransient) await this.#takeBack(calls.slice(0, i + 1), results)
        throw error
      }
    return { nodes: results }
  }

  async #prepareAll(links: ReadonlyMap<string, Link>, traceparent: string | undefined): Promise<Map<string, Ready>> {
    const isParent = new Set(Array.from(links.values(), ({ parents }) => [...parents.keys()]).flat())
    const nodes = new Map<string, Ready>()
    const ids = new Set<string>()
    for (const [key, link] of links) {
      const { task: what, payload, options = {} } = link.node
      const { queue, task } = await this.#parts.prepare(
        what,
        payload,
        withResult(link.node, options, isParent.has(key)),
        traceparent,
      )
      if (task.unique !== undefined) throw notUnique(key)
      const parents = [...link.parents.keys()]
      const edges = parents.length + (task.edges?.length ?? 0)
      refuseTooMany(key, edges)
      const ref = refOf({ queue, id: task.id })
      if (ids.has(ref))
        throw new DqError('invalid_input', `two nodes have the id ${task.id}; keep one`, { details: ['id'] })
      ids.add(ref)
      nodes.set(key, { key, queue, id: task.id, task, link, parents, edges, bytes: bytesOf(task) })
    }
    return nodes
  }

  async #send(
    call: PlanCall,
    nodes: ReadonlyMap<string, Ready>,
    results: Record<string, EnqueueResult & { queue: string }>,
  ): Promise<void> {
    const inCall = new Set(call.keys)
    const abroad = childrenAbroad(call.queue, nodes)
    const tasks = call.keys.map((key): FlowTask => {
      const { task, link } = nodes.get(key)!
      const edges = flowEdges(link, task.edges ?? [], nodes, inCall)
      return { task: { ...task, edges }, children: abroad.get(key) ?? [] }
    })
    const replies = await this.#parts.calls.enqueue(call.queue, tasks, true)
    const errors: DqError[] = []
    for (const [i, key] of call.keys.entries()) {
      const result = resultOrError(tasks[i]!.task.id, replies[i]!)
      if (!('error' in result)) results[key] = { ...result, queue: call.queue }
      else if (replies[i]!.word !== 'refused') errors.push(named(key, result.error))
    }
    if (errors.length > 0) throw errors[0]!
  }

  /** A node that was there before may be over, and knows nothing of its children of earlier calls: both are told. */
  async #joinEarlier(
    { queue, keys }: PlanCall,
    nodes: ReadonlyMap<string, Ready>,
    results: Readonly<Record<string, EnqueueResult>>,
  ): Promise<void> {
    const inCall = new Set(keys)
    const wasThere = new Set(keys.filter((key) => results[key]?.outcome === 'duplicate'))
    if (wasThere.size === 0) return
    const relations: Relation[] = []
    const fresh = new Set<string>()
    for (const node of nodes.values()) {
      if (inCall.has(node.key)) continue
      if (results[node.key]?.outcome === 'enqueued') fresh.add(refOf(node))
      for (const key of node.parents)
        if (wasThere.has(key)) relations.push({ sign: '+', parent: nodes.get(key)!.id, child: refOf(node) })
    }
    await relateAndTell(this.#parts, queue, relations, ({ parent, child }) => {
      // Those of an earlier try are over as well, or hear of it from the reconciler.
      if (fresh.has(child)) throw unknownParent(refOf({ queue, id: parent }))
      return undefined
    })
  }

  async #takeBack(calls: readonly PlanCall[], results: Readonly<Record<string, EnqueueResult>>): Promise<void> {
    for (const { queue, keys } of calls) {
      const ids = keys.flatMap((key) => (results[key]?.outcome === 'enqueued' ? [results[key].id] : []))
      if (ids.length > 0) await this.#parts.cancel(queue, ids)
    }
  }
}

const bytesOf = (task: NewTask): number => Buffer.byteLength(task.envelope)

function callsOf(tasks: readonly NewTask[]): NewTask[][] {
  const parts: NewTask[][] = []
  let load = new Load()
  for (const task of tasks) {
    const size = { bytes: bytesOf(task), edges: task.edges?.length ?? 0 }
    if (parts.length === 0 || !load.take(size)) {
      parts.push([])
      load = new Load()
      load.take(size)
    }
    parts.at(-1)!.push(task)
  }
  return parts
}

const notUnique = (key: string): DqError =>
  new DqError('invalid_input', `node ${key}: a node of a flow cannot be unique; give it an id instead`, {
    details: ['unique'],
  })

const named = (key: string, error: DqError): DqError =>
  new DqError(error.code, `node ${key}: ${error.message}`, { cause: error, details: error.details })

/** What a task gives its children is kept as long as they need it; for that there has to be a record at all. */
function withResult(node: FlowNode, options: EnqueueOptions, isParent: boolean): EnqueueOptions {
  const ofType = typeof node.task === 'string' ? undefined : node.task.resultTtlMs
  const isKept = !isParent || (options.resultTtl ?? ofType) !== 0
  return isKept ? options : { ...options, resultTtl: 1 }
}

/** Of each node of a queue the nodes of other queues that depend on it, as `queue/id`. */
function childrenAbroad(queue: string, nodes: ReadonlyMap<string, Ready>): Map<string, string[]> {
  const abroad = new Map<string, string[]>()
  for (const node of nodes.values()) {
    if (node.queue === queue) continue
    for (const key of node.parents) {
      if (nodes.get(key)!.queue !== queue) continue
      const list = abroad.get(key)
      if (list === undefined) abroad.set(key, [refOf(node)])
      else list.push(refOf(node))
    }
  }
  return abroad
}
