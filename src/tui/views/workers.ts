import type { Column } from '../components/table.ts'
import type { WorkerRow } from '../source/rows.ts'
import { quietPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { count, duration } from '../text/format.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { openView, withList } from './go.ts'
import { ListView } from './list-view.ts'
import { ago } from './shared.ts'

export function workerState(row: WorkerRow): Span {
  if (row.silent) return span(say`SILENT`, 'bad')
  return row.quiet ? span(say`quiet`, 'warn') : span(say`working`)
}

const COLUMNS: readonly Column<WorkerRow>[] = [
  { id: 'worker', title: say`WORKER`, min: 14, max: 30, cut: 'middle', cell: ({ id }) => id, sort: ({ id }) => id },
  {
    id: 'state',
    title: say`STATE`,
    min: 7,
    cell: workerState,
    sort: ({ silent, quiet }) => (silent ? 2 : quiet ? 1 : 0),
  },
  { id: 'host', title: say`HOST`, min: 8, max: 18, spare: 4, cell: ({ host }) => host, sort: ({ host }) => host },
  {
    id: 'pid',
    title: say`PID`,
    min: 7,
    align: 'right',
    spare: 6,
    cell: ({ pid }) => say`${pid}`,
    sort: ({ pid }) => pid,
  },
  {
    id: 'version',
    title: say`VERSION`,
    min: 7,
    spare: 7,
    cell: ({ version }) => version,
    sort: ({ version }) => version,
  },
  { id: 'queues', title: say`QUEUES`, min: 8, wants: 14, max: 20, roomy: 60, spare: 3, cell: ({ queues }) => queues },
  {
    id: 'slots',
    title: say`BUSY`,
    min: 7,
    align: 'right',
    cell: ({ busy, slots }) => say`${busy}/${slots}`,
    sort: ({ busy }) => busy,
  },
  {
    id: 'done',
    title: say`DONE`,
    min: 7,
    align: 'right',
    spare: 2,
    cell: ({ completed }) => count(completed),
    sort: ({ completed }) => completed,
  },
  {
    id: 'failed',
    title: say`FAILED`,
    min: 6,
    align: 'right',
    spare: 5,
    cell: ({ failed }) => count(failed),
    sort: ({ failed }) => failed,
  },
  {
    id: 'up',
    title: say`UP`,
    min: 6,
    align: 'right',
    spare: 1,
    cell: (row, scene) => ago(scene, row.startedAtMs),
    sort: ({ startedAtMs }) => -startedAtMs,
  },
  {
    id: 'beat',
    title: say`BEAT`,
    min: 6,
    align: 'right',
    cell: (row, scene) => span(ago(scene, row.beatAtMs), row.silent ? 'bad' : 'plain'),
    sort: ({ beatAtMs }) => -beatAtMs,
  },
]

function detail(row: WorkerRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const silent = span(
    say` SILENT for ${ago(scene, row.beatAtMs)}, lease ${duration(row.leaseMs)}: what it held goes to other workers`,
    'bad',
  )
  const fine = span(say` heartbeat ${ago(scene, row.beatAtMs)} ago, lease ${duration(row.leaseMs)}, roles ${row.roles}`)
  return {
    title: say`Selected ${row.id}`,
    lines: [
      line(say` pid ${row.pid} on ${row.host}, version ${row.version}, up ${ago(scene, row.startedAtMs)}`),
      line(row.silent ? silent : fine),
      line(say` queues ${row.queues}`),
      line(say` types  ${row.types}`),
    ],
  }
}

export const workers: ListView<WorkerRow> = new ListView<WorkerRow>({
  id: 'workers',
  badge: ({ workers: rows }) => {
    const alive = rows.filter(({ silent }) => !silent).length
    return { text: alive === rows.length ? say`${alive}` : say`${alive}/${rows.length}`, isAlarm: alive < rows.length }
  },
  wants: () => ({ leases: 300 }),
  columns: COLUMNS,
  rows: ({ data }) => data.workers,
  part: 'workers',
  narrow: { by: 'text', of: ({ id, host, queues, version, types }) => [id, host, queues, version, types] },
  isProblem: ({ silent, quiet }) => silent || quiet,
  note: ({ data }) => {
    const alive = data.workers.filter(({ silent }) => !silent)
    const busy = alive.reduce((sum, row) => sum + row.busy, 0)
    const slots = alive.reduce((sum, row) => sum + row.slots, 0)
    return say`${data.workers.length}  ${busy} of ${slots} slots busy`
  },
  order: say`by name`,
  detail,
  detailLines: 4,
  empty: ({ state }) => [
    say`No worker is registered under the namespace ${state.about.namespace}.`,
    say`Start one with dq-daemon; another namespace is chosen with --namespace.`,
  ],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`its leases`,
      help: say`the tasks that the worker holds`,
      run: (scene) => {
        const row = workers.selected(scene)
        if (row === undefined) return {}
        const step = openView(scene, 'leases')
        return {
          ...step,
          ui: { ...step.ui, ...withList(scene.ui, 'leases', { ...scene.ui.lists.leases, filter: row.id }) },
        }
      },
    },
    {
      keys: ['W'],
      shows: say`W`,
      hint: say`quiet`,
      help: say`let the worker take no new tasks, or let it take them again`,
      isChange: true,
      run: (scene) => {
        const row = workers.selected(scene)
        return row === undefined ? {} : { ask: quietPlan(row) }
      },
    },
  ],
})
