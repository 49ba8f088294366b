import { type Edge, type FailurePolicy, PARENTS_MOST, POLICIES, refOf } from './depend.ts'
import { DqError } from './errors.ts'
import type { TaskDefinition } from './handlers.ts'
import type { EnqueueOptions } from './options.ts'
import { type PlanNode, refuseCycles } from './flow-plan.ts'

/** A task of a flow. */
export interface FlowNode {
  /** Names it within its flow. */
  readonly key: string
  readonly task: string | TaskDefinition
  readonly payload?: unknown
  /** As for `enqueue`; without an idempotency key: give the node an `id` instead. */
  readonly options?: Omit<EnqueueOptions, 'idempotencyKey'> | undefined
  /** Keys of nodes that have to complete first. */
  readonly dependsOn?: readonly (string | FlowParent)[] | undefined
  /** Nodes that depend on this one: a tree is written as it is. */
  readonly children?: readonly FlowNode[] | undefined
}

export interface FlowParent {
  readonly key: string
  readonly onFailure?: FailurePolicy | undefined
}

export interface Flow {
  readonly nodes: readonly FlowNode[]
}

/** A node, and the nodes it depends on. */
export interface Link {
  readonly node: FlowNode
  readonly parents: ReadonlyMap<string, FailurePolicy | undefined>
}

export const NODES_MOST = 10_000

const refuse = (message: string, field: string): DqError => new DqError('invalid_input', message, { details: [field] })

interface Found {
  readonly node: FlowNode
  readonly parents: Map<string, FailurePolicy | undefined>
}

function depend(found: Found, key: string, policy: FailurePolicy | undefined): void {
  if (policy !== undefined && !POLICIES.includes(policy))
    throw refuse(`node ${found.node.key}: onFailure has to be one of ${POLICIES.join(', ')}`, 'onFailure')
  if (key === found.node.key) throw refuse(`node ${key} cannot depend on itself`, 'dependsOn')
  if (found.parents.has(key) && found.parents.get(key) !== policy)
    throw refuse(`node ${found.node.key} depends on ${key} in two ways; keep one`, 'dependsOn')
  found.parents.set(key, policy)
}

function checkNode(node: FlowNode): void {
  if (typeof node !== 'object' || node === null || typeof node.key !== 'string' || node.key === '')
    throw refuse('every node of a flow has to have a key', 'key')
  if (node.options !== undefined && Reflect.get(node.options, 'idempotencyKey') !== undefined)
    throw refuse(`node ${node.key}: a node of a flow has no idempotency key; give it an id`, 'idempotencyKey')
}

/** Every node by its key, with what it depends on. @throws DqError `invalid_input` naming the node. */
export function linksOf(flow: Flow): Map<string, Link> {
  const links = new Map<string, Found>()
  const waiting: { node: FlowNode; above: string | undefined }[] = flow.nodes
    .map((node) => ({ node, above: undefined }))
    .toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, above } = next
    checkNode(node)
    if (links.has(node.key)) throw refuse(`there are two nodes with the key ${node.key}; keep one`, 'key')
    const found: Found = { node, parents: new Map() }
    links.set(node.key, found)
    if (above !== undefined) depend(found, above, undefined)
    for (const parent of node.dependsOn ?? [])
      if (typeof parent === 'string') depend(found, parent, undefined)
      else depend(found, parent.key, parent.onFailure)
    for (const child of (node.children ?? []).toReversed()) waiting.push({ node: child, above: node.key })
    if (links.size > NODES_MOST) throw refuse(`a flow has at most ${NODES_MOST} nodes; cut it into several`, 'nodes')
  }
  if (links.size === 0) throw refuse('a flow has at least one node', 'nodes')
  checkLinks(links)
  return links
}

/** @throws DqError `invalid_input` for more parents than a task may have, those that its options name included. */
export function refuseTooMany(key: string, parents: number): void {
  if (parents > PARENTS_MOST)
    throw refuse(`node ${key} depends on ${parents} others; at most ${PARENTS_MOST} are possible`, 'dependsOn')
}

function checkLinks(links: ReadonlyMap<string, Link>): void {
  for (const [key, { parents }] of links) {
    for (const parent of parents.keys())
      if (!links.has(parent)) throw refuse(`node ${key} depends on ${parent}, and there is no such node`, 'dependsOn')
    refuseTooMany(key, parents.size)
  }
  refuseCycles(new Map(Array.from(links, ([key, { parents }]) => [key, { parents: [...parents.keys()] }])))
}

/** A node that was prepared: the task it becomes. */
export interface Placed extends PlanNode {
  readonly id: string
}

/** Edges of a node, those that its options name and those of the flow; `inCall`: the nodes enqueued in the same call. */
export function flowEdges(
  link: Link,
  own: readonly Edge[],
  placed: ReadonlyMap<string, Placed>,
  inCall: ReadonlySet<string>,
): Edge[] {
  const edges = new Map<string, Edge>(own.map((edge) => [refOf(edge), edge]))
  const fallback = link.node.options?.onParentFailure ?? 'fail'
  for (const [key, policy] of link.parents) {
    const { queue, id } = placed.get(key)!
    const edge: Edge = { queue, id, policy: policy ?? fallback, ...(inCall.has(key) ? {} : { comes: true }) }
    edges.set(refOf(edge), edge)
  }
  return [...edges.values()]
}
