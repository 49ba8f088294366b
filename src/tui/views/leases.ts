import type { Column } from '../components/table.ts'
import { totalOf } from '../source/data.ts'
import type { LeaseRow } from '../source/rows.ts'
import type { Scene } from '../state/scene.ts'
import { duration, instant, since } from '../text/format.ts'
import { type Line, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { openTask, openView } from './go.ts'
import { ListView } from './list-view.ts'
import { askAbout } from './paged.ts'
import { ago, leaseBar, leaseLeft } from './shared.ts'

/** Those that end first: the ones that tell something. */
const LEASES_READ = 300

export const LEASE_COLUMNS: readonly Column<LeaseRow>[] = [
  { id: 'task', title: say`TASK`, min: 12, max: 22, cut: 'id', cell: ({ id }) => id, sort: ({ id }) => id },
  { id: 'type', title: say`TYPE`, min: 12, max: 18, roomy: 32, cell: ({ type }) => type, sort: ({ type }) => type },
  {
    id: 'queue',
    title: say`QUEUE`,
    min: 8,
    max: 12,
    roomy: 32,
    spare: 4,
    cell: ({ queue }) => queue,
    sort: ({ queue }) => queue,
  },
  {
    id: 'worker',
    title: say`WORKER`,
    min: 13,
    max: 22,
    roomy: 30,
    spare: 2,
    cut: 'middle',
    cell: ({ worker }) => worker,
    sort: ({ worker }) => worker,
  },
  {
    id: 'try',
    title: say`TRY`,
    min: 3,
    align: 'right',
    spare: 5,
    cell: ({ attempt }) => say`${attempt}`,
    sort: ({ attempt }) => attempt,
  },
  {
    // When, and not for how long: that would change in every row and second.
    id: 'since',
    title: say`SINCE`,
    min: 8,
    align: 'right',
    spare: 3,
    cell: (row, scene) => since(row.claimedAtMs, scene.redisNowMs),
    sort: ({ claimedAtMs }) => -claimedAtMs,
  },
  { id: 'lease', title: say`LEASE`, isDrawing: true, min: 6, max: 20, spare: 6, cell: leaseBar },
  { id: 'left', title: say`LEFT`, min: 7, align: 'right', cell: leaseLeft, sort: ({ expiresAtMs }) => -expiresAtMs },
]

function leaseText(row: LeaseRow, scene: Scene): Line {
  if (!scene.isFresh)
    return line(span(say` lease of ${duration(row.leaseMs)}: whether it is still held is not known now`, 'dim'))
  const leftMs = row.expiresAtMs - scene.redisNowMs
  if (leftMs > 0) {
    const deadline = say`its deadline is in ${duration(row.deadlineAtMs - scene.redisNowMs)}`
    return line(say` lease of ${duration(row.leaseMs)}, ends in ${duration(leftMs)} unless it is renewed; ${deadline}`)
  }
  const back = say`a reaper should give it back to ${row.queue} within seconds`
  return line(say` lease `, span(say`EXPIRED ${duration(-leftMs)} ago`, 'bad'), say`; ${back}`)
}

function detail(row: LeaseRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const alone = row.alone ? say`, runs alone as a suspect` : say``
  const cancel = row.cancelRequested ? span(say`   cancel requested`, 'warn') : span(say``)
  return {
    title: say`Selected ${row.id}`,
    lines: [
      line(say` ${row.type} of ${row.queue}, priority ${row.priority}, attempt ${row.attempt}${alone}`, cancel),
      line(
        say` held by ${row.worker} since ${instant(row.claimedAtMs, scene.redisNowMs)} (${ago(scene, row.claimedAtMs)} ago)`,
      ),
      leaseText(row, scene),
    ],
  }
}

export const leases: ListView<LeaseRow> = new ListView<LeaseRow>({
  id: 'leases',
  badge: ({ queues }) => {
    const active = totalOf(queues, 'active')
    return active === 0 ? undefined : { text: say`${active}`, isAlarm: false }
  },
  wants: () => ({ leases: LEASES_READ }),
  columns: LEASE_COLUMNS,
  rows: ({ data }) => data.leases,
  part: 'leases',
  hasMarks: true,
  narrow: { by: 'words', of: ({ facts }) => facts },
  isWhole: ({ data }) => data.leases.length >= totalOf(data.queues, 'active'),
  isProblem: ({ expiresAtMs, leaseMs, cancelRequested }, { redisNowMs }) =>
    expiresAtMs - redisNowMs < leaseMs / 4 || cancelRequested,
  note: ({ data }, shown) => {
    const active = totalOf(data.queues, 'active')
    return shown.length >= active ? say`${active}  held now` : say`${shown.length} of ${active}  held now`
  },
  order: say`soonest first`,
  detail,
  detailLines: 3,
  empty: () => [say`No task is running.`],
  bindings: [
    {
      keys: ['C'],
      shows: say`C`,
      hint: say`cancel`,
      help: say`cancel: ask the workers of what is marked, or of this one, to stop`,
      isChange: true,
      run: (scene) => {
        const { data } = scene
        return askAbout(leases, scene, 'cancel', { queues: data.queues.map(({ key }) => key), states: ['active'] })
      },
    },
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`open task`,
      help: say`the task: payload, attempts, lease`,
      run: (scene) => openTask(scene, leases.selected(scene)?.ref),
    },
    {
      keys: ['w'],
      shows: say`w`,
      hint: say`its worker`,
      help: say`the worker that holds the task`,
      run: (scene) => {
        const row = leases.selected(scene)
        return row === undefined ? {} : openView(scene, 'workers', row.workerKey)
      },
    },
  ],
})
