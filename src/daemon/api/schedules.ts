import { DqError } from '../../core/errors.ts'
import { DEFAULTS } from '../../core/limits.ts'
import type { NewSchedule } from '../../core/operator.ts'
import type { ScheduleInfo } from '../../core/task.ts'
import { z } from 'zod'
import { pageToWire, scheduleToWire, whole } from '../../core/wire.ts'
import { HttpError } from './http-error.ts'
import { outcomeOf, pageOf, scheduleReply } from './replies.ts'
import { type Api, type Reply, route, type Route } from './route.ts'
import { namedScheduleBody, noQuery, scheduleBody } from './schemas.ts'

type Body = z.output<typeof namedScheduleBody> & { readonly name?: string | undefined }

const toSchedule = ({ time_zone: timeZone, jitter_ms: jitter, ...body }: Body): NewSchedule => ({
  ...body,
  timeZone,
  jitter,
})

/** @throws HttpError 404 for none. */
function there<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new HttpError(404, 'not_found', `there is no schedule ${name.slice(0, 80)}`)
  return found
}

/** @throws HttpError 404 for none, and for one of a queue that the caller may not use. */
const known = async (api: Api, name: string) => there(await api.inspector.schedule(name), name)

/** Keeps the hands of a key off schedules of queues that it is not for. @throws HttpError 403 */
export async function saveSchedule(api: Api, by: string, body: Body): Promise<ScheduleInfo> {
  api.mayUse(body.queue ?? DEFAULTS.queue)
  const was = body.name === undefined ? undefined : await api.anySchedule(body.name)
  if (was !== undefined) api.mayUse(was.queue)
  return api.operator(by).saveSchedule(toSchedule(body))
}

const switchRoute = (verb: 'enable' | 'disable'): Route =>
  route({
    method: 'POST',
    path: `/v1/schedules/:name/${verb}`,
    needs: 'operator',
    about: verb === 'enable' ? 'Lets a schedule go on with its next slot.' : 'Stops a schedule.',
    answers: 'the schedule',
    replies: { 200: scheduleReply },
    example: { params: { name: 'hourly' } },
    run: async (api, { params, by }): Promise<Reply> => {
      const name = params['name']!
      await known(api, name)
      return { body: scheduleToWire(there(await api.operator(by).enableSchedule(name, verb === 'enable'), name)) }
    },
  })

export const SCHEDULE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/schedules',
    needs: 'viewer',
    about: 'Lists the recurring schedules.',
    answers: 'a page of schedules',
    replies: { 200: pageOf(scheduleReply) },
    query: noQuery,
    run: async (api) => ({
      body: pageToWire(whole(await api.inspector.schedules()), scheduleToWire),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/schedules',
    needs: 'admin',
    about: 'Saves a recurring schedule.',
    answers: 'the schedule',
    replies: { 201: scheduleReply },
    status: 201,
    example: {
      body: { name: 'nightly', spec: '0 3 * * *', time_zone: 'Europe/Berlin', type: 'report', queue: 'mails' },
    },
    body: scheduleBody,
    run: async (api, { body, by }) => ({
      body: scheduleToWire(await saveSchedule(api, by, body)),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/schedules/:name',
    needs: 'viewer',
    about: 'Shows a schedule with its last runs.',
    answers: 'the schedule',
    replies: { 200: scheduleReply },
    example: { params: { name: 'hourly' } },
    query: noQuery,
    run: async (api, { params }) => {
      return { body: scheduleToWire(await known(api, params['name']!)) }
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/schedules/:name',
    needs: 'admin',
    about: 'Saves a recurring schedule under this name.',
    answers: 'the schedule',
    replies: { 200: scheduleReply },
    example: { params: { name: 'hourly' }, body: { spec: '@every 1h', type: 'report', queue: 'mails' } },
    body: namedScheduleBody,
    run: async (api, { params, body, by }) => ({
      body: scheduleToWire(await saveSchedule(api, by, { ...body, name: params['name']! })),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/schedules/:name',
    needs: 'admin',
    about: 'Ends a schedule; tasks it made stay.',
    answers: 'what became of it',
    replies: { 200: outcomeOf(['removed'], { name: z.string() }) },
    example: { params: { name: 'old' } },
    query: noQuery,
    run: async (api, { params, by }) => {
      const name = params['name']!
      await known(api, name)
      there((await api.operator(by).removeSchedule(name)) || undefined, name)
      return { body: { name, outcome: 'removed' } }
    },
  }),
  route({
    method: 'POST',
    path: '/v1/schedules/:name/trigger',
    needs: 'operator',
    about: 'Runs a schedule now, outside of its slots.',
    answers: 'the task',
    replies: { 202: outcomeOf(['fired', 'waits'], { id: z.string() }) },
    status: 202,
    example: { params: { name: 'hourly' } },
    run: async (api, { params, by }) => {
      const name = params['name']!
      await known(api, name)
      const { outcome, id } = there(await api.operator(by).triggerSchedule(name), name)
      if (outcome === 'running') throw new DqError('conflict', `a run of schedule ${name} goes on: task ${id}`)
      return { body: { outcome, id } }
    },
  }),
  switchRoute('enable'),
  switchRoute('disable'),
]
