import { z } from 'zod'
import type { FlowNode, FlowParent } from '../../core/flow.ts'
import { flowReply } from './replies.ts'
import { route, type Route } from './route.ts'
import { policy, taskBody, type TaskBody, toItem } from './schemas.ts'
import { BATCH_BYTES } from './tasks.ts'

const flowKey = z.string('is missing').min(1, 'is empty').max(128, 'has to be at most 128 characters')
interface FlowNodeBody {
  readonly key: string
  readonly task: TaskBody
  readonly depends_on?: readonly (string | FlowParent)[] | undefined
  readonly children?: readonly FlowNodeBody[] | undefined
}

const flowNode: z.ZodType<FlowNodeBody> = z.strictObject(
  {
    key: flowKey,
    task: taskBody,
    depends_on: z
      .array(
        z.union([
          flowKey,
          z
            .strictObject({ key: flowKey, on_failure: policy.optional() }, 'has to be a key, or an object with key')
            .transform(({ key, on_failure: onFailure }) => ({ key, onFailure })),
        ]),
      )
      .optional(),
    get children() {
      return z.array(flowNode).optional()
    },
  },
  'has to be an object with key and task',
)

const flowBody = z.strictObject(
  { nodes: z.array(flowNode, 'has to be a list of nodes') },
  'has to be an object with nodes',
)

function toFlowNode(node: FlowNodeBody): FlowNode {
  const { type, payload: of, ...options } = toItem(node.task)
  return {
    key: node.key,
    task: type,
    payload: of,
    options,
    dependsOn: node.depends_on,
    children: node.children?.map(toFlowNode),
  }
}

export const FLOW_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/flows',
    needs: 'producer',
    about: 'Enqueues tasks that depend on each other.',
    answers: 'the id and queue of each node',
    replies: { 201: flowReply },
    status: 201,
    example: {
      body: {
        nodes: [
          { key: 'fetch', task: { type: 'fetch', queue: 'mails' } },
          { key: 'send', task: { type: 'mail', queue: 'mails' }, depends_on: ['fetch'] },
        ],
      },
    },
    body: flowBody,
    bodyLimit: BATCH_BYTES,
    run: async (api, { body }) => ({
      body: await api.client.enqueueFlow({ nodes: body.nodes.map(toFlowNode) }),
    }),
  }),
]
