import type { Edge, FailurePolicy } from '../../src/core/depend.ts'
import { FlowCalls, type FlowTask } from '../../src/core/flow-calls.ts'
import { forwardOnce, type ForwardContext } from '../../src/core/forward.ts'
import { ScriptRunner } from '../../src/core/runner.ts'
import type { NewTask } from '../../src/core/verbs.ts'
import { aTask, type TaskShape, type TestQueue } from './engine.ts'

/** A parent in the same queue: its id, and the policy of its edge. */
export type Parent = string | readonly [id: string, policy: FailurePolicy]

export const edgeTo = (parent: Parent, queue = 'q'): Edge =>
  typeof parent === 'string' ? { queue, id: parent, policy: 'fail' } : { queue, id: parent[0], policy: parent[1] }

/** A task of queue `q` that depends on others of it. */
export const child = (id: string, parents: readonly Parent[], shape: TaskShape = {}): NewTask => ({
  ...aTask(id, shape),
  edges: parents.map((parent) => edgeTo(parent)),
})

export const contextOf = (q: TestQueue): ForwardContext => ({
  redis: q.redis,
  namespace: q.namespace,
  calls: new FlowCalls(new ScriptRunner(q.redis, { namespace: q.namespace, nowMs: () => q.nowMs })),
})

/** Brings everything that is in the outboxes of these queues to its end. */
export async function forwardAll(
  q: TestQueue,
  queues: readonly string[] = ['q'],
  context: ForwardContext = contextOf(q),
): Promise<void> {
  for (let rest = true; rest;) {
    rest = false
    for (const queue of queues) {
      await forwardOnce(context, queue)
      const key = q.keys.outbox.replace('{q}', `{${queue}}`)
      rest ||= (await q.raw.exists(key)) === 1
    }
  }
}

const LETTER = { fail: 'f', ignore: 'i', wait: 'w' } as const

/** The items of `flow.lua`. */
export const flowItems = (tasks: readonly (NewTask | FlowTask)[]): (string | number)[] =>
  tasks.flatMap((one) => {
    const { task, children } = 'task' in one ? one : { task: one, children: [] }
    const edges = task.edges ?? []
    const fields = edges.flatMap(({ queue, id, policy, comes }) => {
      const letter = LETTER[policy]
      return [comes === true ? letter.toUpperCase() : letter, `${queue}/${id}`]
    })
    const { id, priority, type, when, timeMs, idempotencySha = '', contentHash = '', envelope } = task
    const head = [id, priority[0]!, type, when, timeMs, idempotencySha, contentHash, envelope, edges.length]
    return [...head, ...fields, children.length, ...children]
  })

/** One call of `flow`, sent twice. */
export const flow = (q: TestQueue, tasks: readonly (NewTask | FlowTask)[], together = 1): Promise<unknown> =>
  q.run('flow', { maxBytes: 266_240, queue: 'q', together, items: flowItems(tasks) })
