import { DqError } from '../../core/errors.ts'
import { PRIORITIES } from '../../core/priority.ts'
import type { Json, ScheduleInfo } from '../../core/task.ts'
import { scheduleToWire } from '../../core/wire.ts'
import { checkName } from '../args.ts'
import type { Command, CommandGroup } from '../command.ts'
import { EXIT } from '../exit.ts'
import { parseJson } from '../item.ts'
import { unknownTypes } from '../known-types.ts'
import { type Column, printTable } from '../table.ts'
import { instant, relative, say, visibleJson } from '../text.ts'
import { PRIORITY } from './options.ts'

const columns = (nowMs: number): readonly Column<ScheduleInfo>[] => [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'SPEC', cell: ({ spec }) => spec },
  { title: 'ZONE', cell: ({ timeZone }) => timeZone },
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'QUEUE', cell: ({ queue }) => queue },
  { title: 'PRIORITY', cell: ({ priority }) => priority },
  { title: 'NEXT', cell: ({ nextRunAtMs }) => relative(nextRunAtMs, nowMs) },
  { title: 'PAYLOAD', cell: ({ payload }) => (payload === null ? '' : visibleJson(payload)) },
]

const list: Command = {
  name: 'list',
  about: 'List recurring schedules',
  async run({ screen, open }) {
    const { inspector } = await open()
    const schedules = await inspector.schedules()
    if (screen.json) screen.printJson(schedules.map(scheduleToWire))
    else if (schedules.length === 0) screen.note('there is no schedule; make one with dq schedule add')
    else printTable(screen, schedules, columns(Date.now()))
    return EXIT.ok
  },
}

const add: Command = {
  name: 'add',
  takes: '<spec> <type> [payload]',
  about: 'Enqueue a task again and again. The spec is a cron expression in quotes, @hourly, or @every 1m30s',
  options: {
    name: { about: 'what to call it; the same name again replaces it', value: 'text' },
    tz: { about: 'time zone of a cron expression, UTC unless told', value: 'Europe/Berlin' },
    queue: { about: 'queue to put the tasks in', value: 'name' },
    priority: PRIORITY,
  },
  async run({ args, screen, open }) {
    const [spec = '', type = '', payload] = args.positional
    const wanted = {
      spec,
      type: checkName('type', type),
      payload: payload === undefined ? null : (parseJson(payload, 'the payload') as Json),
      name: args.name('name'),
      timeZone: args.text('tz'),
      queue: args.name('queue'),
      priority: args.oneOf('priority', PRIORITIES),
    }
    const { inspector, operator } = await open()
    const schedule = await operator.saveSchedule(wanted)
    if (screen.json) screen.printJson(scheduleToWire(schedule))
    else screen.print(say`${schedule.name} fires next at ${instant(schedule.nextRunAtMs, Date.now())}`)
    const warning = await unknownTypes(inspector, [type])
    if (warning !== undefined) screen.note(warning)
    return EXIT.ok
  },
}

const rm: Command = {
  name: 'rm',
  takes: '<name>',
  about: 'Remove a schedule; tasks that it made stay',
  async run({ args, screen, open }) {
    const name = args.positional[0]!
    const { operator } = await open()
    if (!(await operator.removeSchedule(name)))
      throw new DqError('not_found', `there is no schedule ${name}; see dq schedule list`)
    if (screen.json) screen.printJson({ name, removed: true })
    else screen.print(say`removed ${name}`)
    return EXIT.ok
  },
}

export const schedule: CommandGroup = {
  name: 'schedule',
  about: 'Recurring tasks',
  commands: [list, add, rm],
}
