import type { Column } from '../components/table.ts'
import { sparkline } from '../components/spark.ts'
import { type QueueRow } from '../source/rows.ts'
import { stepFor, stepsOf } from '../source/history.ts'
import { totalOf } from '../source/data.ts'
import { pausePlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { count, duration } from '../text/format.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, NOTHING, join, safeLine, say } from '../text/safe.ts'
import { openDead, openQueue } from './go.ts'
import { ListView } from './list-view.ts'
import { ago, alarming, drain, queueState, rateCell } from './shared.ts'

/** What a queue got done over the last 15 minutes, as a line. */
const doneLine = (row: QueueRow, { data }: Scene, width: number): Safe => {
  const history = data.queueHistory.get(row.key)
  if (history === undefined) return say``
  const steps = stepsOf(history.endMs, history.completed, stepFor(width))
  return sparkline(steps, Math.min(width, steps.length))
}

export const QUEUE_COLUMNS: readonly Column<QueueRow>[] = [
  {
    id: 'name',
    title: say`QUEUE`,
    min: 9,
    max: 20,
    roomy: 40,
    weight: 3,
    cell: ({ name }) => name,
    sort: ({ name }) => name,
  },
  { id: 'state', title: say`STATE`, min: 7, spare: 2, cell: queueState, sort: ({ paused }) => (paused ? 1 : 0) },
  {
    id: 'pending',
    title: say`PENDING`,
    min: 7,
    max: 8,
    align: 'right',
    cell: ({ pending }) => count(pending, 7),
    sort: ({ pending }) => pending,
  },
  {
    id: 'active',
    title: say`LEASED`,
    min: 6,
    max: 7,
    align: 'right',
    cell: ({ active }) => count(active),
    sort: ({ active }) => active,
  },
  {
    id: 'delayed',
    title: say`DELAYED`,
    min: 7,
    max: 8,
    align: 'right',
    spare: 3,
    cell: ({ scheduled }) => count(scheduled),
    sort: ({ scheduled }) => scheduled,
  },
  {
    id: 'dead',
    title: say`DLQ`,
    min: 6,
    align: 'right',
    cell: ({ dead }) => alarming(dead, count(dead)),
    sort: ({ dead }) => dead,
  },
  {
    id: 'oldest',
    title: say`OLDEST`,
    min: 6,
    align: 'right',
    spare: 4,
    cell: ({ oldestMs }) => (oldestMs === undefined ? say`-` : duration(oldestMs)),
    sort: ({ oldestMs }) => oldestMs ?? -1,
  },
  {
    id: 'enqueued',
    title: say`ENQ/S`,
    min: 6,
    max: 8,
    align: 'right',
    spare: 5,
    cell: (row, { data }) => rateCell(data, row.enqueuedRate),
    sort: (row) => row.enqueuedRate,
  },
  {
    id: 'done',
    title: say`DONE/S`,
    min: 6,
    max: 8,
    align: 'right',
    cell: (row, { data }) => rateCell(data, row.completedRate),
    sort: (row) => row.completedRate,
  },
  {
    id: 'failed',
    title: say`FAIL/S`,
    min: 6,
    max: 8,
    align: 'right',
    spare: 6,
    cell: (row, { data }) => rateCell(data, row.failedRate),
    sort: (row) => row.failedRate,
  },
  { id: 'line', title: say`DONE 15m`, isDrawing: true, min: 9, max: 24, spare: 7, cell: doneLine },
  { id: 'eta', title: say`ETA`, min: 6, align: 'right', spare: 1, cell: (row, { data }) => drain(row, data) },
]

const PROMISE_TONES = { met: 'good', unknown: 'dim', slow: 'warn', fast: 'bad', stalled: 'bad' } as const

/** What the queue promises, and whether it keeps it. */
function promised({ data }: Scene, { key }: QueueRow): readonly Span[] {
  const row = data.objectives.get(key)
  if (row === undefined) return []
  return [
    span(say`   slo ${row.promise}: `),
    span(say`${safeLine(row.state)}`, PROMISE_TONES[row.state]),
    span(say`, burns ${row.burns}`, 'dim'),
  ]
}

function detail(row: QueueRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const paused =
    row.paused === undefined
      ? span(say`running`)
      : span(say`PAUSED by ${row.paused.by}, ${ago(scene, row.paused.atMs)} ago`, 'warn')
  const books =
    row.drift.length === 0 ? span(say`balance`, 'good') : span(say`DO NOT BALANCE: ${join(row.drift, ', ')}`, 'bad')
  const due =
    row.soonestDueMs === undefined ? say`` : say`   next due in ${duration(row.soonestDueMs - scene.redisNowMs)}`
  const waiting =
    row.limited + row.blocked === 0
      ? NOTHING
      : say`   waiting: ${row.limited} under limits, ${row.blocked} for other tasks`
  return {
    title: say`Selected ${row.name}`,
    lines: [
      line(say` pending   high ${row.high}   default ${row.normal}   low ${row.low}${waiting}`),
      line(say` delayed   ${row.scheduled}${due}   kept: ${row.completed} finished, ${row.trash} in the trash`),
      line(say` state     `, paused, ...promised(scene, row)),
      line(say` books     `, books),
    ],
  }
}

const summary = (scene: Scene): Safe => {
  const { queues } = scene.data
  const paused = queues.filter((row) => row.paused !== undefined).length
  const total = say`${queues.length}  ${count(totalOf(queues, 'pending'), 9)} pending`
  return paused === 0 ? total : say`${total}, ${paused} paused`
}

export const queues: ListView<QueueRow> = new ListView<QueueRow>({
  id: 'queues',
  badge: ({ queues: rows }) => {
    const paused = rows.filter((row) => row.paused !== undefined).length
    return paused === 0 ? undefined : { text: say`${paused} paused`, brief: say`${paused}p`, isAlarm: true }
  },
  wants: () => ({ history: true }),
  columns: QUEUE_COLUMNS,
  rows: ({ data }) => data.queues,
  part: 'history',
  narrow: { by: 'text', of: ({ name }) => [name] },
  isProblem: ({ paused, drift, dead }) => paused !== undefined || drift.length > 0 || dead > 0,
  note: summary,
  order: say`by name`,
  detail,
  detailLines: 4,
  empty: ({ state }) => [
    say`No queue was ever used under the namespace ${state.about.namespace}.`,
    say`A queue appears with its first task. Another namespace is chosen with --namespace.`,
  ],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`open`,
      help: say`the queue: its tasks, state by state`,
      run: (scene) => {
        const row = queues.selected(scene)
        return row === undefined ? {} : openQueue(scene, row.key)
      },
    },
    {
      keys: ['d'],
      shows: say`d`,
      hint: say`its DLQ`,
      help: say`the dead tasks of the queue`,
      run: (scene) => openDead(scene, queues.selected(scene)?.key),
    },
    {
      keys: ['P'],
      shows: say`P`,
      hint: say`pause/resume`,
      help: say`pause the queue, or resume it`,
      isChange: true,
      run: (scene) => {
        const row = queues.selected(scene)
        return row === undefined ? {} : { ask: pausePlan(row) }
      },
    },
  ],
})
