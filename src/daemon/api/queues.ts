import { z } from 'zod'
import { leaseToWire, pageToWire, queueToWire, statsToWire, whole, workerToWire } from '../../core/wire.ts'
import { HttpError } from './http-error.ts'
import { type Api, route, type Route } from './route.ts'
import { leaseReply, outcomeOf, pageOf, queueReply, statsReply, workerReply } from './replies.ts'
import { leasesQuery, noQuery } from './schemas.ts'

/** @throws HttpError 404 that names the queues there are. */
export async function queueOr404(api: Api, queue: string): Promise<string> {
  const names = await api.inspector.queueNames()
  if (names.includes(queue)) return queue
  throw new HttpError(
    404,
    'not_found',
    `there is no queue ${queue.slice(0, 80)}; there are ${names.slice(0, 20).join(', ') || 'none yet'}`,
  )
}

async function stats(api: Api) {
  const { inspector } = api
  const [queues, workers, redis] = await Promise.all([inspector.snapshot(), inspector.workers(), inspector.redisInfo()])
  return statsToWire(queues, workers, redis)
}

export const QUEUE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/queues',
    needs: 'viewer',
    about: 'Lists the queues.',
    answers: 'the queues with their depths and rates',
    replies: { 200: z.array(queueReply) },
    query: noQuery,
    run: async (api) => ({ body: (await api.inspector.snapshot()).map(queueToWire) }),
  }),
  route({
    method: 'GET',
    path: '/v1/queues/:queue',
    needs: 'viewer',
    about: 'Shows one queue.',
    answers: 'the queue',
    replies: { 200: queueReply },
    example: { params: { queue: 'mails' } },
    query: noQuery,
    run: async (api, { params }) => {
      const [queue] = await api.inspector.snapshot([await queueOr404(api, params['queue']!)])
      return { body: queueToWire(queue!) }
    },
  }),
  ...(['pause', 'resume'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/v1/queues/:queue/${action}`,
      needs: 'operator',
      about: action === 'pause' ? 'Stops all claims of a queue; what runs goes on.' : 'Lets a queue go on.',
      answers: 'what changed',
      replies: { 200: outcomeOf([action === 'pause' ? 'paused' : 'resumed', 'unchanged'], { queue: z.string() }) },
      example: { params: { queue: 'mails' } },
      query: noQuery,
      run: async (api, { params, by }) => {
        const queue = await queueOr404(api, params['queue']!)
        return { body: { queue, outcome: await api.operator(by)[action](queue) } }
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/v1/leases',
    needs: 'viewer',
    about: 'Lists the tasks that run, the soonest end of a lease first.',
    answers: 'a page of leases',
    replies: { 200: pageOf(leaseReply) },
    example: { query: { queue: 'mails' } },
    query: leasesQuery,
    run: async (api, { query: { queue, cursor, limit } }) => {
      const queues = queue === undefined ? undefined : [await queueOr404(api, queue)]
      const from = Number(cursor ?? 0)
      const leases = await api.inspector.leases({ queues, limit: from + limit + 1 })
      const next = leases.length > from + limit ? String(from + limit) : undefined
      return { body: pageToWire({ items: leases.slice(from, from + limit), cursor: next }, leaseToWire) }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/workers',
    needs: 'viewer',
    about: 'Lists the workers.',
    answers: 'a page of workers',
    replies: { 200: pageOf(workerReply) },
    query: noQuery,
    run: async (api) => ({ body: pageToWire(whole(await api.inspector.workers()), workerToWire) }),
  }),
  route({
    method: 'GET',
    path: '/v1/stats',
    needs: 'viewer',
    about: 'Shows everything at a glance.',
    answers: 'queues, totals, workers, Redis and books',
    replies: { 200: statsReply },
    query: noQuery,
    run: async (api) => ({ body: await stats(api) }),
  }),
]
