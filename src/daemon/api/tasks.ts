import { z } from 'zod'
import { DqError } from '../../core/errors.ts'
import type { EnqueueResult } from '../../core/enqueue-result.ts'
import type { TaskInfo } from '../../core/task.ts'
import { pageToWire, relationsToWire, taskToWire } from '../../core/wire.ts'
import { errorBody, type ErrorBody, fromDqError, HttpError, invalid } from './http-error.ts'
import { type Api, type Reply, route, type Route } from './route.ts'
import { acceptedReply, batchReply, outcomeOf, pageOf, relatedTaskReply, taskReply } from './replies.ts'
import {
  batchBody,
  describedBatch,
  listQuery,
  noQuery,
  queueQuery,
  taskBody,
  type TaskBody,
  toItem,
} from './schemas.ts'

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

async function withRelations(api: Api, id: string, queue: string | undefined): Promise<object> {
  const task = await taskOr404(api, id, queue)
  return { ...taskToWire(task), ...relationsToWire(await api.inspector.relations(task)) }
}

async function cancel(api: Api, id: string, queue: string | undefined, by: string): Promise<Reply> {
  const task = await taskOr404(api, id, queue)
  const [outcome] = await api.operator(by).cancel(task.queue, [id])
  if (outcome === 'cancelled' || outcome === 'requested') return { body: { id, outcome } }
  if (outcome === 'final') throw new DqError('conflict', `task ${id} is ${task.state} and can no longer be cancelled`)
  return { status: 404, body: errorBody(new HttpError(404, 'not_found', `task ${id} is not known`)) }
}

async function runNow(api: Api, id: string, queue: string | undefined, by: string): Promise<Reply> {
  const task = await taskOr404(api, id, queue)
  const [outcome] = await api.operator(by).hasten(task.queue, [id])
  if (outcome === 'hastened') return { body: { id, outcome } }
  if (outcome === 'not_waiting') throw new DqError('conflict', `task ${id} is ${task.state} and waits for no time`)
  return { status: 404, body: errorBody(new HttpError(404, 'not_found', `task ${id} is not known`)) }
}

/** The header says the same as `idempotency_key`. @throws HttpError 422 when both are there and differ. */
function withKey(task: TaskBody, header: string | undefined): TaskBody {
  if (header === undefined || header === task.idempotency_key) return task
  if (task.idempotency_key === undefined) return { ...task, idempotency_key: header }
  const message = 'idempotency_key and the header Idempotency-Key differ; keep one of them'
  throw new HttpError(422, 'invalid_input', message, ['idempotency_key'])
}

const accepted = (result: Accepted): Reply => ({
  body: result,
  ...(result.outcome === 'enqueued' ? {} : { status: 200 }),
})

export const TASK_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/tasks',
    needs: 'producer',
    about: 'Enqueues a task.',
    answers: 'the id and whether it is new; 200 for a duplicate',
    replies: { 201: acceptedReply, 200: acceptedReply },
    status: 201,
    example: {
      body: {
        type: 'mail',
        payload: { to: 'anna@example.com' },
        queue: 'mails',
        id: 'mail-1',
        priority: 'high',
        delay_ms: 60_000,
      },
    },
    body: taskBody,
    idempotent: true,
    run: async (api, { body, idempotencyKey }) => accepted(await enqueueOne(api, withKey(body, idempotencyKey))),
  }),
  route({
    method: 'POST',
    path: '/v1/tasks/batch',
    needs: 'producer',
    about: 'Enqueues up to 1,000 tasks; one that is refused does not lose the others.',
    answers: 'the outcome or error of each, in order',
    replies: { 200: batchReply },
    example: {
      body: [
        { type: 'mail', payload: 1, queue: 'mails' },
        { type: 'mail', payload: 2, queue: 'mails' },
      ],
    },
    body: batchBody,
    described: describedBatch,
    bodyLimit: BATCH_BYTES,
    run: async (api, { body }) => ({ body: await enqueueBatch(api, body) }),
  }),
  route({
    method: 'GET',
    path: '/v1/tasks',
    needs: 'viewer',
    about: 'Lists the tasks of a queue in one state.',
    answers: 'a page of tasks',
    replies: { 200: pageOf(taskReply) },
    example: { query: { queue: 'mails', state: 'pending', limit: '10' } },
    query: listQuery,
    run: async (api, { query: { queue, state, ...options } }) => ({
      body: pageToWire(await api.inspector.tasks(queue, state, options), taskToWire),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/tasks/:id',
    needs: 'viewer',
    about: 'Shows one task.',
    answers: 'the task with its parents and children',
    replies: { 200: relatedTaskReply },
    example: { params: { id: 'mail-2' }, query: { queue: 'mails' } },
    query: queueQuery,
    run: async (api, { params, query }) => ({ body: await withRelations(api, params['id']!, query.queue) }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/tasks/:id',
    needs: 'operator',
    about: 'Cancels a task that has not ended.',
    answers: 'what became of it',
    replies: { 200: outcomeOf(['cancelled', 'requested'], { id: z.string() }) },
    example: { params: { id: 'mail-3' } },
    query: queueQuery,
    run: (api, { params, query, by }) => cancel(api, params['id']!, query.queue, by),
  }),
  route({
    method: 'POST',
    path: '/v1/tasks/:id/run',
    needs: 'operator',
    about: 'Runs a task now that waits for its time or next attempt.',
    answers: 'what became of it',
    replies: { 200: outcomeOf(['hastened'], { id: z.string() }) },
    example: { params: { id: 'mail-2' }, query: { queue: 'mails' } },
    query: queueQuery,
    run: (api, { params, query, by }) => runNow(api, params['id']!, query.queue, by),
  }),
  route({
    method: 'GET',
    path: '/tasks/:id',
    needs: 'viewer',
    about: 'Shows one task.',
    answers: 'the task',
    replies: { 200: taskReply },
    example: { params: { id: 'mail-2' } },
    query: noQuery,
    run: async (api, { params }) => ({ body: taskToWire(await taskOr404(api, params['id']!, undefined)) }),
  }),
]
