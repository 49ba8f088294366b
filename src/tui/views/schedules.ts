import type { Column } from '../components/table.ts'
import type { ScheduleRow } from '../source/rows.ts'
import type { Scene } from '../state/scene.ts'
import { duration, moment } from '../text/format.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { ListView } from './list-view.ts'
import { ago } from './shared.ts'

function nextIn({ nextRunAtMs }: ScheduleRow, scene: Scene): Span {
  if (nextRunAtMs === undefined) return span(say`-`)
  const leftMs = nextRunAtMs - scene.redisNowMs
  if (!scene.isFresh) return span(say`?`, 'dim')
  return leftMs < -1000 ? span(say`LATE ${duration(-leftMs)}`, 'bad') : span(duration(leftMs))
}

const COLUMNS: readonly Column<ScheduleRow>[] = [
  { id: 'name', title: say`SCHEDULE`, min: 14, max: 30, cell: ({ name }) => name, sort: ({ name }) => name },
  { id: 'spec', title: say`SPEC`, min: 12, max: 20, cell: ({ spec }) => spec, sort: ({ spec }) => spec },
  { id: 'zone', title: say`ZONE`, min: 5, wants: 13, max: 16, spare: 4, cell: ({ timeZone }) => timeZone },
  { id: 'type', title: say`TYPE`, min: 10, max: 20, spare: 2, cell: ({ type }) => type, sort: ({ type }) => type },
  { id: 'queue', title: say`QUEUE`, min: 8, max: 12, spare: 3, cell: ({ queue }) => queue, sort: ({ queue }) => queue },
  {
    id: 'next',
    title: say`NEXT RUN (UTC)`,
    min: 14,
    max: 19,
    spare: 1,
    align: 'right',
    cell: ({ nextRunAtMs }, scene) => (nextRunAtMs === undefined ? say`-` : moment(nextRunAtMs, scene.redisNowMs)),
  },
  { id: 'in', title: say`IN`, min: 9, align: 'right', cell: nextIn, sort: ({ nextRunAtMs }) => -(nextRunAtMs ?? 0) },
]

const detail = (row: ScheduleRow, scene: Scene): { title: Safe; lines: readonly Line[] } => ({
  title: say`Selected ${row.name}`,
  lines: [
    line(say` enqueues ${row.type} into ${row.queue}, priority ${row.priority}`),
    line(say` ${row.spec} in ${row.timeZone}, created ${ago(scene, row.createdAtMs)} ago`),
  ],
})

export const schedules: ListView<ScheduleRow> = new ListView<ScheduleRow>({
  id: 'schedules',
  badge: ({ scheduleCount }) => (scheduleCount === 0 ? undefined : { text: say`${scheduleCount}`, isAlarm: false }),
  wants: () => ({ schedules: true }),
  columns: COLUMNS,
  rows: ({ data }) => data.schedules,
  part: 'schedules',
  search: ({ name, spec, type, queue }) => [name, spec, type, queue],
  note: ({ data }) => say`${data.schedules.length}`,
  order: say`by name`,
  detail,
  detailLines: 2,
  empty: () => [
    say`No recurring task is scheduled.`,
    say`Add one with: dq schedule add --spec "@every 1m" --type my.task`,
  ],
  bindings: [],
})
