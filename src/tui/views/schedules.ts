import type { Column } from '../components/table.ts'
import type { Binding, Step } from '../keys/binding.ts'
import type { ScheduleRow } from '../source/schedule-rows.ts'
import { EMPTY_LIST } from '../state/list.ts'
import type { Plan } from '../state/plan.ts'
import { enableSchedulePlan, triggerPlan } from '../state/schedule-plans.ts'
import type { Scene } from '../state/scene.ts'
import { duration, moment } from '../text/format.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { REFRESH, push, withList } from './go.ts'
import { ListView } from './list-view.ts'
import { ago } from './shared.ts'

const LATE_MS = 1_000

/** Whether its time has passed, and nothing holds it. */
const isLate = ({ isEnabled, isWaiting, nextRunAtMs }: ScheduleRow, nowMs: number): boolean =>
  isEnabled && !isWaiting && nextRunAtMs !== undefined && nextRunAtMs < nowMs - LATE_MS

function nextIn(row: ScheduleRow, scene: Scene): Span {
  const { isEnabled, isWaiting, nextRunAtMs } = row
  if (isWaiting) return span(say`waits`, 'warn')
  if (!isEnabled) return span(say`disabled`, 'warn')
  if (nextRunAtMs === undefined) return span(say`over`, 'dim')
  const leftMs = nextRunAtMs - scene.redisNowMs
  if (!scene.isFresh) return span(say`?`, 'dim')
  return isLate(row, scene.redisNowMs) ? span(say`LATE ${duration(-leftMs)}`, 'bad') : span(duration(leftMs))
}

const lastState = ({ last }: ScheduleRow): Span =>
  last === undefined ? span(say`-`, 'dim') : span(last.state, last.isBad ? 'bad' : 'plain')

const COLUMNS: readonly Column<ScheduleRow>[] = [
  { id: 'name', title: say`SCHEDULE`, min: 14, max: 30, cell: ({ name }) => name, sort: ({ name }) => name },
  { id: 'spec', title: say`SPEC`, min: 12, max: 20, cell: ({ spec }) => spec, sort: ({ spec }) => spec },
  { id: 'zone', title: say`ZONE`, min: 5, wants: 13, max: 16, spare: 6, cell: ({ timeZone }) => timeZone },
  { id: 'type', title: say`TYPE`, min: 10, max: 20, spare: 4, cell: ({ type }) => type, sort: ({ type }) => type },
  { id: 'queue', title: say`QUEUE`, min: 8, max: 12, spare: 5, cell: ({ queue }) => queue, sort: ({ queue }) => queue },
  { id: 'missed', title: say`MISSED`, min: 6, spare: 3, cell: ({ missed }) => missed, sort: ({ missed }) => missed },
  { id: 'overlap', title: say`OVERLAP`, min: 7, spare: 3, cell: ({ overlap }) => overlap, sort: (row) => row.overlap },
  { id: 'last', title: say`LAST`, min: 9, spare: 1, cell: lastState, sort: ({ last }) => last?.state ?? say`` },
  {
    id: 'next',
    title: say`NEXT RUN (UTC)`,
    min: 14,
    max: 19,
    spare: 2,
    align: 'right',
    cell: ({ nextRunAtMs }, scene) => (nextRunAtMs === undefined ? say`-` : moment(nextRunAtMs, scene.redisNowMs)),
  },
  { id: 'in', title: say`IN`, min: 9, align: 'right', cell: nextIn, sort: ({ nextRunAtMs }) => -(nextRunAtMs ?? 0) },
]

function lastLine(row: ScheduleRow, scene: Scene): Line {
  const { last } = row
  if (last === undefined) return line(span(say` never ran`, 'dim'))
  const how = last.what === 'triggered' ? say`by hand` : say`its slot ${moment(last.slotMs, scene.redisNowMs)}`
  return line(say` last ran ${ago(scene, last.atMs)} ago, ${how}: `, lastState(row))
}

function detail(row: ScheduleRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const now = scene.redisNowMs
  const jitter = row.jitterMs === 0 ? say`` : say`, jitter ${duration(row.jitterMs)}`
  const start = row.startMs === undefined ? say`` : say`, from ${moment(row.startMs, now)}`
  const end = row.endMs === undefined ? say`` : say`, until ${moment(row.endMs, now)}`
  const source = row.source === undefined ? say`` : say` by ${row.source}`
  return {
    title: say`Selected ${row.name}`,
    lines: [
      line(
        say` enqueues ${row.type} into ${row.queue}, priority ${row.priority}; missed ${row.missed}, overlap ${row.overlap}`,
      ),
      line(
        say` ${row.spec} in ${row.timeZone}${jitter}${start}${end}, created ${ago(scene, row.createdAtMs)} ago${source}`,
      ),
      lastLine(row, scene),
    ],
  }
}

function openRuns(scene: Scene): Step {
  const row = schedules.selected(scene)
  if (row === undefined) return {}
  return {
    ui: { ...push(scene.ui, { kind: 'runs', schedule: row.key }), ...withList(scene.ui, 'runs', EMPTY_LIST) },
    effects: REFRESH,
  }
}

const asking =
  (plan: (row: ScheduleRow) => Plan): Binding['run'] =>
  (scene) => {
    const row = schedules.selected(scene)
    return row === undefined ? {} : { ask: plan(row) }
  }

export const schedules: ListView<ScheduleRow> = new ListView<ScheduleRow>({
  id: 'schedules',
  badge: ({ scheduleCount }) => (scheduleCount === 0 ? undefined : { text: say`${scheduleCount}`, isAlarm: false }),
  wants: () => ({ schedules: true }),
  columns: COLUMNS,
  rows: ({ data }) => data.schedules,
  part: 'schedules',
  narrow: { by: 'text', of: ({ name, spec, type, queue }) => [name, spec, type, queue] },
  isProblem: (row, { redisNowMs }) => isLate(row, redisNowMs) || row.last?.isBad === true,
  note: ({ data }) => {
    const disabled = data.schedules.filter(({ isEnabled }) => !isEnabled).length
    return disabled === 0 ? say`${data.schedules.length}` : say`${data.schedules.length}, ${disabled} disabled`
  },
  order: say`by name`,
  detail,
  detailLines: 3,
  empty: () => [say`No recurring task is scheduled.`, say`Add one with: dq schedule add "@every 1m" my.task`],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`its runs`,
      help: say`the last runs of the schedule, and the slots that passed`,
      run: openRuns,
    },
    {
      keys: ['T'],
      shows: say`T`,
      hint: say`trigger`,
      help: say`run the schedule now, outside of its slots`,
      isChange: true,
      run: asking(triggerPlan),
    },
    {
      keys: ['E'],
      shows: say`E`,
      hint: say`enable/disable`,
      help: say`stop the schedule, or let it go on`,
      isChange: true,
      run: asking(enableSchedulePlan),
    },
  ],
})
