import { leaseToWire, pageToWire, queueToWire, statsToWire, workerToWire } from '../../core/wire.ts'
import { HttpError } from './http-error.ts'
import { type Api, route, type Route } from './route.ts'
import { leasesQuery, noQuery } from './schemas.ts'

/** @throws HttpError 404 that names the queues there are. */
async function queueOr404(api: Api, queue: string): Promise<string> {
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

/** A list that fits on one page. */
const whole = <T>(items: readonly T[]) => ({ items, cursor: undefined })

export const QUEUE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/queues',
    query: noQuery,
    run: async (api) => ({ body: (await api.inspector.snapshot()).map(queueToWire) }),
  }),
  route({
    method: 'GET',
    path: '/v1/queues/:queue',
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
    query: leasesQuery,
    run: async (api, { query: { queue, limit } }) => {
      const queues = queue === undefined ? undefined : [await queueOr404(api, queue)]
      return { body: pageToWire(whole(await api.inspector.leases({ queues, limit })), leaseToWire) }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/workers',
    query: noQuery,
    run: async (api) => ({ body: pageToWire(whole(await api.inspector.workers()), workerToWire) }),
  }),
  route({ method: 'GET', path: '/v1/stats', query: noQuery, run: async (api) => ({ body: await stats(api) }) }),
]
