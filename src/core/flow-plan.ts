import { DqError } from './errors.ts'
import { LIMITS } from './limits.ts'

/** One task of a flow, as far as its order matters. */
export interface PlanNode {
  readonly key: string
  readonly queue: string
  readonly bytes: number
  /** All of its edges, those to tasks outside of the flow too. */
  readonly edges: number
  /** Keys of nodes of the same flow. */
  readonly parents: readonly string[]
}

/** Nodes of one queue that are enqueued in one call, parents before their children. */
export interface PlanCall {
  readonly queue: string
  readonly keys: readonly string[]
}

/** Of one call, those to children too, so that its script stays short. */
const EDGES_PER_CALL = 2_000

/** What one call carries. */
export class Load {
  #tasks = 0
  #bytes = 0
  #edges = 0

  /** @returns false when one more of that size is too much for a call that has some. */
  take({ bytes, edges }: Pick<PlanNode, 'bytes' | 'edges'>): boolean {
    this.#tasks++
    this.#bytes += bytes
    this.#edges += edges
    if (this.#tasks === 1) return true
    return this.#tasks <= LIMITS.idsPerCall && this.#bytes <= LIMITS.bytesPerCall && this.#edges <= EDGES_PER_CALL
  }
}

/** @throws DqError `invalid_input` that names the nodes of a cycle in order. */
export function refuseCycles(nodes: ReadonlyMap<string, Pick<PlanNode, 'parents'>>): void {
  const done = new Set<string>()
  for (const start of nodes.keys()) {
    // Depth first without recursion: a chain may have ten thousand links.
    const path: { key: string; next: number }[] = [{ key: start, next: 0 }]
    const onPath = new Set<string>([start])
    while (path.length > 0) {
      const top = path.at(-1)!
      const parent = done.has(top.key) ? undefined : nodes.get(top.key)!.parents[top.next++]
      if (parent === undefined) {
        done.add(top.key)
        onPath.delete(top.key)
        path.pop()
      } else if (onPath.has(parent))
        throw cycle(
          path.map(({ key }) => key),
          parent,
        )
      else if (!done.has(parent)) {
        path.push({ key: parent, next: 0 })
        onPath.add(parent)
      }
    }
  }
}

function cycle(path: readonly string[], again: string): DqError {
  const keys = [...path.slice(path.indexOf(again)), again]
  const shown = keys.length > 12 ? [...keys.slice(0, 10), '…', again] : keys
  return new DqError('invalid_input', `the flow depends on itself: ${shown.join(' → ')}`, { details: ['dependsOn'] })
}

/**
 * In which calls a flow is enqueued: children never after their parents. A child that waits for what is not there yet is
 * safe, while a parent that is there could end before anybody knows of its child. What fits into one call is one call.
 */
export function planFlow(nodes: ReadonlyMap<string, PlanNode>): PlanCall[] {
  const children = new Map<string, number>([...nodes.keys()].map((key) => [key, 0]))
  /** Children in other queues: its call names them. */
  const abroad = new Map<string, number>()
  for (const { queue, parents } of nodes.values())
    for (const key of parents) {
      children.set(key, children.get(key)! + 1)
      if (nodes.get(key)!.queue !== queue) abroad.set(key, (abroad.get(key) ?? 0) + 1)
    }
  const sizeOf = ({ key, bytes, edges }: PlanNode): Pick<PlanNode, 'bytes' | 'edges'> => ({
    bytes,
    edges: edges + (abroad.get(key) ?? 0),
  })
  const ready = new Map<string, PlanNode[]>()
  const offer = (node: PlanNode): void => {
    const list = ready.get(node.queue)
    if (list === undefined) ready.set(node.queue, [node])
    else list.push(node)
  }
  for (const node of nodes.values()) if (children.get(node.key) === 0) offer(node)
  const calls: PlanCall[] = []
  for (let left = nodes.size; left > 0;) {
    const queue = fullest(ready)
    const keys = fillCall(ready.get(queue)!, sizeOf, (key) => {
      const open = children.get(key)! - 1
      children.set(key, open)
      if (open === 0) offer(nodes.get(key)!)
    })
    calls.push({ queue, keys: keys.toReversed() })
    left -= keys.length
  }
  return calls
}

function fullest(ready: ReadonlyMap<string, readonly PlanNode[]>): string {
  const [first] = [...ready].toSorted(([, a], [, b]) => b.length - a.length)
  return first![0]
}

/** Takes what is ready in one queue, and what becomes ready by that, as far as one call reaches. */
function fillCall(
  list: PlanNode[],
  sizeOf: (node: PlanNode) => Pick<PlanNode, 'bytes' | 'edges'>,
  onParent: (key: string) => void,
): string[] {
  const keys: string[] = []
  const load = new Load()
  for (let node = list.shift(); node !== undefined; node = list.shift()) {
    if (!load.take(sizeOf(node))) {
      list.unshift(node)
      break
    }
    keys.push(node.key)
    for (const parent of node.parents) onParent(parent)
  }
  return keys
}
