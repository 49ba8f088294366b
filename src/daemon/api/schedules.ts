import type { NewSchedule } from '../../core/operator.ts'
import type { ScheduleInfo } from '../../core/task.ts'
import type { z } from 'zod'
import { pageToWire, scheduleToWire } from '../../core/wire.ts'
import { HttpError } from './http-error.ts'
import { route, type Route } from './route.ts'
import { noQuery, scheduleBody } from './schemas.ts'

export const toSchedule = (body: z.output<typeof scheduleBody>): NewSchedule => ({
  name: body.name,
  spec: body.spec,
  timeZone: body.time_zone,
  type: body.type,
  queue: body.queue,
  priority: body.priority,
  payload: body.payload,
})

const noSchedule = (name: string): HttpError =>
  new HttpError(404, 'not_found', `there is no schedule ${name.slice(0, 80)}`)

export const SCHEDULE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/schedules',
    query: noQuery,
    run: async (api) => ({
      body: pageToWire({ items: await api.inspector.schedules(), cursor: undefined }, scheduleToWire),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/schedules',
    body: scheduleBody,
    run: async (api, { body, by }) => ({
      status: 201,
      body: scheduleToWire(await api.operator(by).saveSchedule(toSchedule(body))),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/schedules/:name',
    query: noQuery,
    run: async (api, { params }) => {
      const schedule = (await api.inspector.schedules()).find(({ name }: ScheduleInfo) => name === params['name'])
      if (schedule === undefined) throw noSchedule(params['name']!)
      return { body: scheduleToWire(schedule) }
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/schedules/:name',
    query: noQuery,
    run: async (api, { params, by }) => {
      const name = params['name']!
      if (!(await api.operator(by).removeSchedule(name))) throw noSchedule(name)
      return { body: { name, outcome: 'removed' } }
    },
  }),
]
