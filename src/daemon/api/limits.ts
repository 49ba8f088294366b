import { checkEnqueueRate, checkRate, type LimitRule } from '../../core/limit-rules.ts'
import { limitToWire, pageToWire, whole } from '../../core/wire.ts'
import { z } from 'zod'
import { queueOr404 } from './queues.ts'
import { outcomeOf, pageOf } from './replies.ts'
import { limitReply } from './replies-operations.ts'
import { route, type Route } from './route.ts'
import { noQuery } from './schemas.ts'
import { limitBody, limitQuery } from './schemas-limits.ts'

type Body = z.output<typeof limitBody>

const rateOf = (given: Omit<NonNullable<Body['rate']>, 'per_key'>, field: string, check = checkRate) =>
  check(
    {
      limit: given.limit,
      ...(given.per_ms === undefined ? {} : { per: given.per_ms }),
      ...(given.burst === undefined ? {} : { burst: given.burst }),
    },
    field,
  )

const toRule = ({ rate, concurrency, enqueue }: Body): LimitRule => ({
  rate: rate && { ...rateOf(rate, 'rate'), keyed: rate.per_key },
  slots: concurrency && { most: concurrency.limit, keyed: concurrency.per_key },
  enqueue: enqueue && rateOf(enqueue, 'enqueue', checkEnqueueRate),
})

const limitOutcome = outcomeOf(['set', 'removed', 'unchanged'], { queue: z.string(), type: z.string().optional() })

export const LIMIT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/queues/:queue/limits',
    needs: 'viewer',
    about: 'Lists the limits of a queue and of its types.',
    answers: 'a page of limits',
    replies: { 200: pageOf(limitReply) },
    example: { params: { queue: 'mails' } },
    query: noQuery,
    run: async (api, { params }) => {
      const items = await api.inspector.limits(await queueOr404(api, params['queue']!))
      return { body: pageToWire(whole(items), limitToWire) }
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/queues/:queue/limits',
    needs: 'operator',
    about: 'Sets a limit of a queue, or of one type in it.',
    answers: 'what changed',
    replies: { 200: limitOutcome },
    example: { params: { queue: 'mails' }, body: { type: 'mail', rate: { limit: 50, per_ms: 1_000 } } },
    body: limitBody,
    run: async (api, { params, body, by }) => {
      const queue = await queueOr404(api, params['queue']!)
      return {
        body: { queue, type: body.type, outcome: await api.operator(by).limits.set(queue, body.type, toRule(body)) },
      }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/queues/:queue/limits',
    needs: 'operator',
    about: 'Takes a limit away.',
    answers: 'what changed',
    replies: { 200: limitOutcome },
    example: { params: { queue: 'mails' }, query: { type: 'mail' } },
    query: limitQuery,
    run: async (api, { params, query: { type }, by }) => {
      const queue = await queueOr404(api, params['queue']!)
      return { body: { queue, type, outcome: await api.operator(by).limits.set(queue, type, undefined) } }
    },
  }),
]
