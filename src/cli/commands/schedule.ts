import { DqError } from '../../core/errors.ts'
import { PRIORITIES } from '../../core/priority.ts'
import { MISSED, OVERLAP } from '../../core/schedules.ts'
import type { Json, ScheduleInfo, ScheduleRun } from '../../core/task.ts'
import { scheduleToWire } from '../../core/wire.ts'
import { checkName } from '../args.ts'
import type { Command, CommandGroup } from '../command.ts'
import { EXIT } from '../exit.ts'
import { parseJson } from '../item.ts'
import { unknownTypes } from '../known-types.ts'
import { type Column, printFacts, printTable } from '../table.ts'
import { instant, relative, say, shownJson, span } from '../text.ts'
import { PRIORITY } from './options.ts'

/** How the newest run went, or what keeps it from coming. */
const lastOf = ({ lastRun }: ScheduleInfo, nowMs: number): string =>
  lastRun === undefined ? '' : `${lastRun.state ?? 'not kept'} ${relative(lastRun.atMs, nowMs)}`

function nextOf({ enabled, waits, nextRunAtMs }: ScheduleInfo, nowMs: number): string {
  if (waits) return 'when the run before ends'
  if (!enabled) return 'disabled'
  return nextRunAtMs === undefined ? 'over' : relative(nextRunAtMs, nowMs)
}

const columns = (nowMs: number): readonly Column<ScheduleInfo>[] => [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'SPEC', cell: ({ spec }) => spec },
  { title: 'ZONE', cell: ({ timeZone }) => timeZone },
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'QUEUE', cell: ({ queue }) => queue },
  { title: 'NEXT', cell: (schedule) => nextOf(schedule, nowMs) },
  { title: 'LAST', cell: (schedule) => lastOf(schedule, nowMs) },
  { title: 'MISSED', cell: ({ missed }) => missed },
  { title: 'OVERLAP', cell: ({ overlap }) => overlap },
  { title: 'PRIORITY', cell: ({ priority }) => priority },
  { title: 'PAYLOAD', cell: ({ payload, sealed }) => (payload === null ? '' : shownJson(payload, sealed)) },
]

const RUN_COLUMNS: readonly Column<ScheduleRun>[] = [
  { title: 'SLOT', cell: ({ slotMs }) => new Date(slotMs).toISOString() },
  { title: 'WHAT', cell: ({ what, count }) => (count > 1 ? `${count} slots ${WHAT[what]}` : WHAT[what]) },
  { title: 'TASK', cell: ({ id }) => id },
  { title: 'STATE', cell: ({ id, state }) => (id === undefined ? '' : (state ?? 'not kept')) },
]
const WHAT: Readonly<Record<ScheduleRun['what'], string>> = {
  fired: 'fired',
  triggered: 'triggered',
  missed: 'missed',
  overlap: 'passed: the run before went on',
}

/** @throws DqError `not_found` for none. */
function there<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new DqError('not_found', `there is no schedule ${name}; see dq schedule list`)
  return found
}

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

const describe = (schedule: ScheduleInfo): string =>
  schedule.enabled
    ? say`${schedule.name} fires next at ${instant(schedule.nextRunAtMs, Date.now())}`
    : say`${schedule.name} is disabled`

const add: Command = {
  name: 'add',
  takes: '<spec> <type> [payload]',
  about: 'Enqueue a task again and again. The spec is a cron expression in quotes, @hourly, or @every 1m30s',
  options: {
    name: { about: 'what to call it; the same name again replaces it', value: 'text' },
    tz: { about: 'time zone of a cron expression, UTC unless told', value: 'Europe/Berlin' },
    queue: { about: 'queue to put the tasks in', value: 'name' },
    priority: PRIORITY,
    start: { about: 'no run before this', value: 'time' },
    end: { about: 'no run after this', value: 'time' },
    missed: {
      about: 'slots that no scheduler was there to fire: the newest runs, none, or all',
      value: MISSED.join('|'),
    },
    overlap: { about: 'a slot while the run before goes on: runs, passes, or waits', value: OVERLAP.join('|') },
    jitter: { about: 'runs begin up to so much later', value: 'duration' },
    disabled: { about: 'only save it', switch: true },
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
      start: args.instant('start'),
      end: args.instant('end'),
      missed: args.oneOf('missed', MISSED),
      overlap: args.oneOf('overlap', OVERLAP),
      jitter: args.duration('jitter'),
      enabled: args.flag('disabled') ? false : undefined,
    }
    const { inspector, operator } = await open()
    const schedule = await operator.saveSchedule(wanted)
    if (screen.json) screen.printJson(scheduleToWire(schedule))
    else screen.print(describe(schedule))
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
    there((await operator.removeSchedule(name)) || undefined, name)
    if (screen.json) screen.printJson({ name, removed: true })
    else screen.print(say`removed ${name}`)
    return EXIT.ok
  },
}

const show: Command = {
  name: 'show',
  takes: '<name>',
  about: 'Show one schedule and its last runs',
  async run({ args, screen, open }) {
    const name = args.positional[0]!
    const { inspector } = await open()
    const schedule = there(await inspector.schedule(name), name)
    if (screen.json) {
      screen.printJson(scheduleToWire(schedule))
      return EXIT.ok
    }
    const nowMs = Date.now()
    printFacts(screen, [
      ['name', schedule.name],
      ['spec', `${schedule.spec} in ${schedule.timeZone}`],
      ['enqueues', `${schedule.type} into ${schedule.queue}, priority ${schedule.priority}`],
      ['payload', schedule.payload === null ? undefined : shownJson(schedule.payload, schedule.sealed)],
      ['next', nextOf(schedule, nowMs)],
      ['start', instant(schedule.startMs, nowMs)],
      ['end', instant(schedule.endMs, nowMs)],
      ['missed', schedule.missed],
      ['overlap', schedule.overlap],
      ['jitter', schedule.jitterMs === 0 ? undefined : span(schedule.jitterMs)],
      ['source', schedule.source],
      ['created', instant(schedule.createdAtMs, nowMs)],
    ])
    if (schedule.runs.length > 0) printTable(screen, schedule.runs, RUN_COLUMNS)
    return EXIT.ok
  },
}

const trigger: Command = {
  name: 'trigger',
  takes: '<name>',
  about: 'Run a schedule now, outside of its slots, as its overlap policy allows',
  async run({ args, screen, open }) {
    const name = args.positional[0]!
    const { operator } = await open()
    const { outcome, id } = there(await operator.triggerSchedule(name), name)
    if (outcome === 'running') throw new DqError('conflict', `a run of ${name} goes on: task ${id}`)
    if (screen.json) screen.printJson({ outcome, id })
    else screen.print(outcome === 'fired' ? say`enqueued ${id}` : say`${id} waits for the run before to end`)
    return EXIT.ok
  },
}

const switching = (verb: 'enable' | 'disable', about: string): Command => ({
  name: verb,
  takes: '<name>',
  about,
  async run({ args, screen, open }) {
    const name = args.positional[0]!
    const { operator } = await open()
    const schedule = there(await operator.enableSchedule(name, verb === 'enable'), name)
    if (screen.json) screen.printJson(scheduleToWire(schedule))
    else screen.print(describe(schedule))
    return EXIT.ok
  },
})
const enable = switching('enable', 'Let a schedule go on, from its next slot')
const disable = switching('disable', 'Stop a schedule until it is enabled; its slots meanwhile are not missed')

export const schedule: CommandGroup = {
  name: 'schedule',
  about: 'Recurring tasks',
  commands: [list, show, add, rm, trigger, enable, disable],
}
