import { z } from 'zod'
import { scaleToWire } from '../../core/scale-wire.ts'
import { pageToWire, whole } from '../../core/wire.ts'
import { queueOr404 } from './queues.ts'
import { outcomeOf, pageOf } from './replies.ts'
import { scaleReply } from './replies-operations.ts'
import { route, type Route } from './route.ts'
import { noQuery, queueQuery } from './schemas.ts'
import { sloBody } from './schemas-limits.ts'

const sloOutcome = outcomeOf(['set', 'cleared', 'unchanged'], { queue: z.string() })

export const SCALE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/scale',
    needs: 'viewer',
    about: 'Says how many workers it would take.',
    answers: 'a suggestion for each queue',
    replies: { 200: pageOf(scaleReply) },
    example: { query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { query: { queue } }) => {
      const queues = queue === undefined ? undefined : [await queueOr404(api, queue)]
      return { body: pageToWire(whole(await api.inspector.scale(queues)), scaleToWire) }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/queues/:queue/slo',
    needs: 'operator',
    about: 'Sets how long tasks of a queue may wait.',
    answers: 'what changed',
    replies: { 200: sloOutcome },
    example: { params: { queue: 'mails' }, body: { wait_ms: 30_000, target: 0.99 } },
    body: sloBody,
    run: async (api, { params, body, by }) => {
      const queue = await queueOr404(api, params['queue']!)
      const outcome = await api.operator(by).setObjective(queue, { wait: body.wait_ms, target: body.target })
      return { body: { queue, outcome } }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/queues/:queue/slo',
    needs: 'operator',
    about: 'Takes the objective of a queue away.',
    answers: 'what changed',
    replies: { 200: sloOutcome },
    example: { params: { queue: 'mails' } },
    query: noQuery,
    run: async (api, { params, by }) => {
      const queue = await queueOr404(api, params['queue']!)
      return { body: { queue, outcome: await api.operator(by).setObjective(queue, undefined) } }
    },
  }),
]
