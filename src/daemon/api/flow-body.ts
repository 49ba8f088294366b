import { z } from 'zod'
import { type FlowNode, NODES_MOST } from '../../core/flow.ts'
import { HttpError, invalid } from './http-error.ts'
import { policy, taskBody, toItem } from './schemas.ts'

const flowKey = z.string('is missing').min(1, 'is empty').max(128, 'has to be at most 128 characters')
const EDGE_RULE = 'has to be a key, or an object with key'
const edge = z.union(
  [
    flowKey,
    z
      .strictObject({ key: flowKey, on_failure: policy.optional() })
      .transform(({ key, on_failure: onFailure }) => ({ key, onFailure })),
  ],
  EDGE_RULE,
)
const NODE_RULE = 'has to be an object with key and task'
const NODES_RULE = 'has to be a list of nodes'
const FLOW_RULE = 'has to be an object with nodes'
const anyList = z.array(z.unknown())

/** One node without what is below it. */
const nodeBody = z.strictObject(
  { key: flowKey, task: taskBody, depends_on: anyList.optional(), children: anyList.optional() },
  NODE_RULE,
)

const describedNode: z.ZodType = z.strictObject({
  key: flowKey,
  task: taskBody,
  depends_on: z.array(edge).optional(),
  get children() {
    return z.array(describedNode).optional()
  },
})
/** For the description; `toFlow` reads the nodes. */
export const describedFlow = z.strictObject({ nodes: z.array(describedNode).max(NODES_MOST) })
export const flowBody = z.strictObject({ nodes: z.array(z.unknown(), NODES_RULE) }, FLOW_RULE)

type Path = readonly (string | number)[]

/** @throws HttpError 422 */
function read<T>(schema: z.ZodType<T>, value: unknown, path: Path): T {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  throw invalid(new z.ZodError(error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }))))
}

/**
 * Reads the nodes of a flow, up to the first that is none: millions of them fit into one body, and to tell what is wrong with
 * each would keep everybody else waiting.
 * @throws HttpError 422
 */
export function toFlow(nodes: readonly unknown[]): FlowNode[] {
  let count = 0
  const toNode = (value: unknown, path: Path): FlowNode => {
    if (++count > NODES_MOST)
      throw new HttpError(422, 'invalid_input', `a flow has at most ${NODES_MOST} nodes; cut it into several`, [
        'nodes',
      ])
    const { key, task, depends_on: parents, children } = read(nodeBody, value, path)
    const { type, payload, ...options } = toItem(task)
    return {
      key,
      task: type,
      payload,
      options,
      dependsOn: parents?.map((one, i) => read(edge, one, [...path, 'depends_on', i])),
      children: children?.map((one, i) => toNode(one, [...path, 'children', i])),
    }
  }
  return nodes.map((one, i) => toNode(one, ['nodes', i]))
}
