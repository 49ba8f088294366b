import { COMPATIBLE_ROUTES } from './compatible.ts'
import { DLQ_ROUTES } from './dlq.ts'
import { QUEUE_ROUTES } from './queues.ts'
import { route, type Route } from './route.ts'
import { SCHEDULE_ROUTES } from './schedules.ts'
import { TASK_ROUTES } from './tasks.ts'

const HEALTH_ROUTES: readonly Route[] = [
  route({ method: 'GET', path: '/livez', open: true, run: () => ({ body: 'ok', text: true }) }),
  route({
    method: 'GET',
    path: '/readyz',
    open: true,
    run: (api) => {
      const word = api.unready()
      return { status: word === undefined ? 200 : 503, body: word ?? 'ok', text: true }
    },
  }),
]

/** Every route there is. */
export const ROUTES: readonly Route[] = [
  ...HEALTH_ROUTES,
  ...TASK_ROUTES,
  ...QUEUE_ROUTES,
  ...DLQ_ROUTES,
  ...SCHEDULE_ROUTES,
  ...COMPATIBLE_ROUTES,
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
