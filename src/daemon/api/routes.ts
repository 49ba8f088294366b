import { z } from 'zod'
import { COMPATIBLE_ROUTES } from './compatible.ts'
import { DLQ_ROUTES } from './dlq.ts'
import { EXPLAIN_ROUTES } from './explain.ts'
import { FLOW_ROUTES } from './flows.ts'
import { LIMIT_ROUTES } from './limits.ts'
import { openApi } from './openapi.ts'
import { OPERATION_ROUTES } from './operations.ts'
import { QUEUE_ROUTES } from './queues.ts'
import { route, type Route } from './route.ts'
import { noQuery } from './schemas.ts'
import { SCALE_ROUTES } from './scale.ts'
import { SCHEDULE_ROUTES } from './schedules.ts'
import { TASK_ROUTES } from './tasks.ts'

const section = z.record(z.string(), z.unknown())
const documentReply = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: section,
  servers: z.array(section),
  security: z.array(section),
  paths: section,
  components: section,
})

let document: object | undefined

const OPENAPI_ROUTE: Route = route({
  method: 'GET',
  path: '/openapi.json',
  needs: 'viewer',
  about: 'This description of the API.',
  answers: 'an OpenAPI 3.1 document',
  replies: { 200: documentReply },
  query: noQuery,
  run: () => ({ body: (document ??= openApi(ROUTES)) }),
})

const HEALTH_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/livez',
    needs: 'nothing',
    about: 'Whether the process serves.',
    answers: '`ok`',
    replies: { 200: z.literal('ok') },
    text: true,
    run: () => ({ body: 'ok' }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    needs: 'nothing',
    about: 'Whether the daemon works, Redis included.',
    answers: '`ok`, or what it waits for in one word',
    replies: { 200: z.literal('ok'), 503: z.string() },
    text: true,
    run: async (api) => {
      const word = await api.readiness()
      return { status: word === undefined ? 200 : 503, body: word ?? 'ok' }
    },
  }),
]

/** Every route there is. */
export const ROUTES: readonly Route[] = [
  ...HEALTH_ROUTES,
  ...TASK_ROUTES,
  ...FLOW_ROUTES,
  ...QUEUE_ROUTES,
  ...LIMIT_ROUTES,
  ...DLQ_ROUTES,
  ...OPERATION_ROUTES,
  ...SCHEDULE_ROUTES,
  ...SCALE_ROUTES,
  ...EXPLAIN_ROUTES,
  ...COMPATIBLE_ROUTES,
  OPENAPI_ROUTE,
]

const isMatch = (pattern: string, path: string): boolean => {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part === given[i] || (part.startsWith(':') && given[i] !== ''))
  )
}

/** The methods that a path takes; empty for one that no route has. */
export const methodsOf = (path: string): string[] =>
  ROUTES.filter((one) => isMatch(one.path, path)).flatMap(({ method }) =>
    method === 'GET' ? ['GET', 'HEAD'] : [method],
  )
