import { DqError } from '../../core/errors.ts'
import { operationToWire, pageToWire, whole } from '../../core/wire.ts'
import { queueOr404 } from './queues.ts'
import { pageOf } from './replies.ts'
import { operationReply } from './replies-operations.ts'
import { route, type Route } from './route.ts'
import { oneQueue, operationBody, queueQuery } from './schemas.ts'

const notFound = (id: string, queue: string): DqError =>
  new DqError('not_found', `queue ${queue} has no operation ${id}`)

const steering = (action: 'pause' | 'resume' | 'cancel'): Route =>
  route({
    method: 'POST',
    path: `/v1/operations/:id/${action}`,
    needs: 'operator',
    about: `To a bulk operation: ${action}. What was done stays done.`,
    answers: 'the operation',
    replies: { 200: operationReply },
    body: oneQueue,
    run: async (api, { params: { id = '' }, body: { queue }, by }) => {
      const operations = api.operations(by)
      if ((await operations.steer(queue, id, action)) === 'unknown') throw notFound(id, queue)
      return { body: operationToWire((await operations.find(queue, id))!) }
    },
  })

export const OPERATION_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/operations',
    needs: 'viewer',
    about: 'Lists bulk operations.',
    answers: 'a page of operations',
    replies: { 200: pageOf(operationReply) },
    example: { query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { query: { queue }, by }) => {
      const names = queue === undefined ? await api.inspector.queueNames() : [queue]
      const lists = await Promise.all(names.map((name) => api.operations(by).list(name)))
      return { body: pageToWire(whole(lists.flat()), operationToWire) }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/operations',
    needs: 'operator',
    about: 'Begins a bulk operation over the dead tasks of a queue.',
    answers: 'the operation',
    replies: { 201: operationReply },
    status: 201,
    example: { body: { queue: 'mails', kind: 'replay', filter: 'err~timeout age<1h', rate: 50 } },
    body: operationBody,
    run: async (api, { body: { queue, kind, filter, rate, now }, by }) => {
      await queueOr404(api, queue)
      const operation = await api.operations(by).begin(queue, { kind, filter, ratePerSecond: rate, now })
      return { body: operationToWire(operation) }
    },
  }),
  route({
    method: 'GET',
    path: '/v1/operations/:id',
    needs: 'viewer',
    about: 'Shows a bulk operation.',
    answers: 'the operation',
    replies: { 200: operationReply },
    query: oneQueue,
    run: async (api, { params: { id = '' }, query: { queue }, by }) => {
      const operation = await api.operations(by).find(queue, id)
      if (operation === undefined) throw notFound(id, queue)
      return { body: operationToWire(operation) }
    },
  }),
  steering('pause'),
  steering('resume'),
  steering('cancel'),
]
