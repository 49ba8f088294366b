import { z } from 'zod'
import type { Route } from '../../src/daemon/api/route.ts'

/** One request, as a client would write it. */
export interface ApiCall {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

const takesQueue = (schema: z.ZodType | undefined): boolean => {
  if (schema === undefined) return false
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { properties?: object }
  return 'queue' in properties
}

interface Item {
  readonly key?: string
  readonly task?: object
}

/** The body of the example, with each task in this queue. */
function bodyIn({ body, example, path }: Route, queue: string): unknown {
  if (body === undefined) return undefined
  const given = example?.body ?? {}
  if (Array.isArray(given)) return given.map((one: object) => ({ ...one, queue }))
  if (path === '/v1/flows')
    return { nodes: (given as { nodes: Item[] }).nodes.map((node) => ({ ...node, task: { ...node.task, queue } })) }
  return takesQueue(body) ? { ...given, queue } : given
}

/** A call of a route about this queue, wherever the route lets one say so. */
export function callOf(route: Route, queue: string): ApiCall {
  const params: Readonly<Record<string, string>> = { id: 'x', name: 'x', ...route.example?.params, queue }
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name]!)
  const query = new URLSearchParams({ ...route.example?.query, ...(takesQueue(route.query) ? { queue } : {}) })
  return {
    method: route.method,
    path: query.size === 0 ? path : `${path}?${query.toString()}`,
    body: bodyIn(route, queue),
  }
}
