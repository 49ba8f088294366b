import { describedFlow, flowBody, toFlow } from './flow-body.ts'
import { flowReply } from './replies.ts'
import { route, type Route } from './route.ts'
import { BATCH_BYTES } from './tasks.ts'

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
    described: describedFlow,
    bodyLimit: BATCH_BYTES,
    run: async (api, { body }) => ({
      body: await api.client.enqueueFlow({ nodes: toFlow(body.nodes) }),
    }),
  }),
]
