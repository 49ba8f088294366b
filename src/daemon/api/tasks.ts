import { DqError } from '../../core/errors.ts'
import type { EnqueueResult } from '../../core/client.ts'
import type { TaskInfo } from '../../core/task.ts'
import { pageToWire, taskToWire } from '../../core/wire.ts'
import { errorBody, type ErrorBody, fromDqError, HttpError, invalid } from './http-error.ts'
import { type Api, type Reply, route, type Route } from './route.ts'
import { batchBody, listQuery, noQuery, queueQuery, taskBody, type TaskBody, toItem } from './schemas.ts'

const BATCH_MOST = 1_000
export const BATCH_BYTES = 4 * 1_048_576

export type Accepted = EnqueueResult & { readonly warning?: string }

/** Enqueues one task; says so when nobody could run it now. */
export async function enqueueOne(api: Api, task: TaskBody): Promise<Accepted> {
  const { type, payload, ...options } = toItem(task)
  const result = await api.client.enqueue(type, payload, options)
  const warning = await api.types.warning(type)
  return { ...result, ...(warning === undefined ? {} : { warning }) }
}

/** Enqueues what is fit to be enqueued; the others get their error at their place. */
export async function enqueueBatch(api: Api, items: readonly unknown[]): Promise<(Accepted | ErrorBody)[]> {
  if (items.length > BATCH_MOST)
    throw new HttpError(
      413,
      'payload_too_large',
      `a batch has at most ${BATCH_MOST} tasks, and this one ${items.length}; send it in parts`,
    )
  const parsed = items.map((item) => taskBody.safeParse(item))
  const good = parsed.flatMap((one) => (one.success ? [toItem(one.data)] : []))
  const results = await api.client.enqueueMany(good)
  const warnings = new Map<string, string | undefined>()
  for (const type of new Set(good.map((item) => item.type))) warnings.set(type, await api.types.warning(type))
  let at = 0
  return parsed.map((one) => {
    if (!one.success) return errorBody(invalid(one.error))
    const result = results[at++]!
    if ('error' in result) return errorBody(fromDqError(result.error))
    const warning = warnings.get(one.data.type)
    return { ...result, ...(warning === undefined ? {} : { warning }) }
  })
}

/** @throws HttpError 404 */
export async function taskOr404(api: Api, id: string, queue: string | undefined): Promise<TaskInfo> {
  const task = await api.inspector.task(id, queue)
  if (task !== undefined) return task
  throw new HttpError(
    404,
    'not_found',
    `task ${id} is not known${queue === undefined ? '' : ` in queue ${queue}`}, or its record is no longer kept`,
  )
}

async function cancel(api: Api, id: string, queue: string | undefined, by: string): Promise<Reply> {
  const task = await taskOr404(api, id, queue)
  const [outcome] = await api.operator(by).cancel(task.queue, [id])
  if (outcome === 'cancelled' || outcome === 'requested') return { body: { id, outcome } }
  if (outcome === 'final') throw new DqError('conflict', `task ${id} is ${task.state} and can no longer be cancelled`)
  return { status: 404, body: errorBody(new HttpError(404, 'not_found', `task ${id} is not known`)) }
}

const accepted = (result: Accepted): Reply => ({ status: result.outcome === 'enqueued' ? 201 : 200, body: result })

export const TASK_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/tasks',
    body: taskBody,
    run: async (api, { body }) => accepted(await enqueueOne(api, body)),
  }),
  route({
    method: 'POST',
    path: '/v1/tasks/batch',
    body: batchBody,
    bodyLimit: BATCH_BYTES,
    run: async (api, { body }) => ({ body: await enqueueBatch(api, body) }),
  }),
  route({
    method: 'GET',
    path: '/v1/tasks',
    query: listQuery,
    run: async (api, { query: { queue, state, ...options } }) => ({
      body: pageToWire(await api.inspector.tasks(queue, state, options), taskToWire),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/tasks/:id',
    query: queueQuery,
    run: async (api, { params, query }) => ({ body: taskToWire(await taskOr404(api, params['id']!, query.queue)) }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/tasks/:id',
    query: queueQuery,
    run: (api, { params, query, by }) => cancel(api, params['id']!, query.queue, by),
  }),
  route({
    method: 'GET',
    path: '/tasks/:id',
    query: noQuery,
    run: async (api, { params }) => ({ body: taskToWire(await taskOr404(api, params['id']!, undefined)) }),
  }),
]
