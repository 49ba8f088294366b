import { z } from 'zod'
import type { Inspector } from '../../core/inspector.ts'
import { STATE_NAMES } from '../../core/states.ts'
import type { TaskInfo } from '../../core/task.ts'
import { countersToWire, scheduleToWire, taskToWire } from '../../core/wire.ts'
import { errorBody } from './http-error.ts'
import { countersReply, errorReply, taskReply, time } from './replies.ts'
import { route, type Route } from './route.ts'
import { saveSchedule } from './schedules.ts'
import {
  batchBody,
  describedBatch,
  enqueueBody,
  idQuery,
  noQuery,
  NUMBERED,
  scheduleBody,
  taskBody,
} from './schemas.ts'
import { BATCH_BYTES, enqueueBatch, enqueueOne, taskOr404 } from './tasks.ts'

const FAILED_MOST = 100

async function newestDead(inspector: Inspector): Promise<TaskInfo[]> {
  const queues = await inspector.queueNames()
  const pages = await Promise.all(queues.map((queue) => inspector.deadPage(queue, { limit: FAILED_MOST })))
  const tasks = pages.flatMap((page) => page.items)
  return tasks.toSorted((a, b) => (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0)).slice(0, FAILED_MOST)
}

function resultOf(task: TaskInfo) {
  const { state: status, result, error } = task
  const { finished_at: timestamp } = taskToWire(task)
  return {
    status,
    timestamp,
    result,
    error: error === undefined ? undefined : { reason: error.reason, message: error.message },
  }
}

const idReply = z.strictObject({ id: z.string(), warning: z.string().optional() })
const resultReply = z.strictObject({
  status: z.enum(STATE_NAMES),
  timestamp: time.optional().describe('when it ended'),
  result: z.unknown().optional(),
  error: z.strictObject({ reason: z.string(), message: z.string() }).optional(),
})

/** The documented calls of earlier designs, as they were written. */
export const COMPATIBLE_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/enqueue',
    needs: 'producer',
    about: 'Enqueues a task; priorities are numbers.',
    answers: '`Task enqueued: <id>`',
    replies: { 200: z.string().regex(/^Task enqueued: \S+$/) },
    example: { body: { type: 'mail', payload: { to: 'anna@example.com' }, priority: 2 } },
    body: enqueueBody,
    unavailableStatus: 500,
    text: true,
    run: async (api, { body: { type, payload, priority } }) => {
      const { id } = await enqueueOne(api, { type, payload, priority: NUMBERED[priority] })
      return { body: `Task enqueued: ${id}` }
    },
  }),
  route({
    method: 'POST',
    path: '/schedule',
    needs: 'admin',
    about: 'Saves a recurring schedule, named by its content.',
    answers: 'its name and next run',
    replies: { 200: z.strictObject({ name: z.string(), next_run: time.optional() }) },
    example: { body: { spec: '@every 1m', type: 'report' } },
    body: scheduleBody,
    run: async (api, { body, by }) => {
      const schedule = scheduleToWire(await saveSchedule(api, by, body))
      return { body: { name: schedule.name, next_run: schedule.next_run_at } }
    },
  }),
  route({
    method: 'GET',
    path: '/result',
    needs: 'viewer',
    about: 'Shows what a task came to.',
    answers: 'its state, and its result or error',
    replies: { 200: resultReply },
    example: { query: { id: 'mail-2' } },
    query: idQuery,
    run: async (api, { query }) => ({ body: resultOf(await taskOr404(api, query.id, query.queue)) }),
  }),
  route({
    method: 'POST',
    path: '/task',
    needs: 'producer',
    about: 'Enqueues a task.',
    answers: 'the id',
    replies: { 200: idReply },
    example: { body: { type: 'mail', payload: 1, priority: 'high', idempotency_key: 'order-4711' } },
    body: taskBody,
    run: async (api, { body }) => {
      const { id, warning } = await enqueueOne(api, body)
      return { body: { id, warning } }
    },
  }),
  route({
    method: 'POST',
    path: '/tasks',
    needs: 'producer',
    about: 'Enqueues up to 1,000 tasks.',
    answers: 'the id or error of each, in order',
    replies: { 200: z.array(z.union([idReply, errorReply])) },
    example: { body: [{ type: 'mail', payload: 1 }] },
    body: batchBody,
    described: describedBatch,
    bodyLimit: BATCH_BYTES,
    run: async (api, { body }) => {
      const results = await enqueueBatch(api, body)
      return {
        body: results.map((result) =>
          'error' in result ? errorBody({ details: [], ...result.error }) : { id: result.id },
        ),
      }
    },
  }),
  route({
    method: 'GET',
    path: '/stats',
    needs: 'viewer',
    about: 'Shows counters.',
    answers: 'the counters',
    replies: { 200: countersReply },
    query: noQuery,
    run: async (api) => ({ body: countersToWire(await api.inspector.snapshot()) }),
  }),
  route({
    method: 'GET',
    path: '/queues',
    needs: 'viewer',
    about: 'Shows how many tasks are in line.',
    answers: 'a number for each queue',
    replies: { 200: z.record(z.string(), z.int().min(0)) },
    query: noQuery,
    run: async (api) => {
      const queues = await api.inspector.snapshot()
      const size = ({ pending }: (typeof queues)[number]): number => pending.high + pending.default + pending.low
      return { body: Object.fromEntries(queues.map((queue) => [queue.name, size(queue)])) }
    },
  }),
  route({
    method: 'GET',
    path: '/failed',
    needs: 'viewer',
    about: 'Lists the 100 newest dead tasks.',
    answers: 'the tasks',
    replies: { 200: z.array(taskReply) },
    query: noQuery,
    run: async (api) => ({ body: (await newestDead(api.inspector)).map(taskToWire) }),
  }),
]
