import type { NewTaskItem } from './client.ts'
import { PARENTS_MOST } from './depend.ts'
import type { EnqueueResult } from './enqueue-result.ts'
import { DqError } from './errors.ts'
import type { Flow, FlowNode } from './flow.ts'
import type { FlowResult } from './flow-producer.ts'

/** What runs when all tasks of a batch are over, however they ended. */
export type BatchCallback = Pick<FlowNode, 'task' | 'payload' | 'options'>

export interface BatchResult {
  /** In order. */
  readonly items: readonly EnqueueResult[]
  readonly callback: EnqueueResult
}

/** @throws DqError `invalid_input` for a batch that is empty or too large. */
export function batchFlow(items: readonly NewTaskItem[], callback: BatchCallback): Flow {
  if (items.length === 0 || items.length > PARENTS_MOST)
    throw new DqError('invalid_input', `a batch has 1 to ${PARENTS_MOST} tasks, and this one ${items.length}`, {
      details: ['items'],
    })
  const nodes = items.map(({ type, payload, ...options }, i): FlowNode => ({
    key: `item ${i}`,
    task: type,
    payload,
    options,
  }))
  const dependsOn = nodes.map(({ key }) => ({ key, onFailure: 'ignore' as const }))
  return { nodes: [...nodes, { ...callback, key: 'callback', dependsOn }] }
}

export const batchResult = (size: number, { nodes }: FlowResult): BatchResult => ({
  items: Array.from({ length: size }, (_, i) => plain(nodes[`item ${i}`]!)),
  callback: plain(nodes['callback']!),
})

const plain = ({ id, outcome }: EnqueueResult): EnqueueResult => ({ id, outcome })
