import type { Binding, Step } from '../keys/binding.ts'
import type { Column } from '../components/table.ts'
import { totalOf } from '../source/data.ts'
import { DEAD_ROWS_CAP } from '../source/dead-pages.ts'
import type { DeadRow } from '../source/rows.ts'
import { deletePlan, replayPlan, undoPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { bytes, count, plural } from '../text/format.ts'
import { type Line, line, span } from '../text/line.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { narrowDead, openTask, REFRESH } from './go.ts'
import { ListView } from './list-view.ts'
import { ago } from './shared.ts'

const COLUMNS: readonly Column<DeadRow>[] = [
  { id: 'task', title: say`TASK`, min: 12, max: 22, weight: 4, cut: 'id', cell: ({ id }) => id, sort: ({ id }) => id },
  { id: 'type', title: say`TYPE`, min: 12, max: 16, cell: ({ type }) => type, sort: ({ type }) => type },
  { id: 'queue', title: say`QUEUE`, min: 8, max: 12, spare: 3, cell: ({ queue }) => queue, sort: ({ queue }) => queue },
  { id: 'tries', title: say`TRIES`, min: 5, align: 'right', spare: 2, cell: ({ tries }) => tries },
  {
    id: 'reason',
    title: say`REASON`,
    min: 8,
    max: 12,
    spare: 4,
    cell: ({ reason }) => reason,
    sort: ({ reason }) => reason,
  },
  {
    id: 'error',
    title: say`LAST ERROR`,
    min: 16,
    wants: 30,
    max: 400,
    weight: 3,
    cell: ({ message, reason }) => (message === '' ? reason : message),
    sort: ({ message }) => message,
  },
  {
    id: 'bytes',
    title: say`BYTES`,
    min: 5,
    align: 'right',
    spare: 5,
    cell: ({ payloadBytes }) => (payloadBytes === undefined ? say`-` : bytes(payloadBytes)),
    sort: ({ payloadBytes }) => payloadBytes ?? 0,
  },
  {
    id: 'failed',
    title: say`DIED`,
    min: 6,
    align: 'right',
    cell: (row, scene) => ago(scene, row.diedAtMs),
    sort: ({ diedAtMs }) => diedAtMs ?? 0,
  },
]

/** What a filter looks into; also used when a purge collects what matches it. */
export const deadSearch = ({ id, type, queue, priority, reason, message }: DeadRow): readonly Safe[] => [
  id,
  type,
  queue,
  priority,
  reason,
  message,
]

const deadTotal = ({ data, ui }: Scene): number =>
  totalOf(ui.deadQueue === undefined ? data.queues : data.queues.filter(({ key }) => key === ui.deadQueue), 'dead')

/** Queues that the list is of. */
const queuesShown = ({ data, ui }: Scene): readonly string[] =>
  data.queues.flatMap(({ key, dead }) =>
    dead > 0 && (ui.deadQueue === undefined || ui.deadQueue === key) ? [key] : [],
  )

function note(scene: Scene, shown: readonly DeadRow[]): Safe {
  const { data, ui } = scene
  const total = deadTotal(scene)
  const where = ui.deadQueue === undefined ? say`` : say` of ${safeLine(ui.deadQueue)}`
  const list = ui.lists.dlq
  const marked = list.marks.size === 0 ? say`` : say`  marked ${list.marks.size}`
  const part = list.sort === undefined || data.dead.isWhole ? say`` : say`  (of the newest ${data.dead.rows.length})`
  if (list.filter === '') return say`${total}${where}${part}${marked}`
  const scanned = data.dead.rows.length
  const more = scanned < total ? say`, s scans on` : say``
  return say`${shown.length} match, scanned ${scanned} of ${total}${where}${more}${marked}`
}

function detail(row: DeadRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const bytesText = row.payloadBytes === undefined ? say`` : say`, payload of ${bytes(row.payloadBytes)} bytes`
  return {
    title: say`Selected ${row.id}`,
    lines: [
      line(say` ${row.type} of ${row.queue}, priority ${row.priority}, tries ${row.tries}${bytesText}`),
      line(say` ${row.reason}: `, span(row.message, 'bad')),
      line(span(say` died ${ago(scene, row.diedAtMs)} ago   Enter shows payload, attempts and stack`, 'dim')),
    ],
  }
}

/** The marked tasks, else the one under the cursor. */
function chosen(scene: Scene): readonly DeadRow[] {
  const marked = dlq.marked(scene)
  if (marked.length > 0) return marked
  const row = dlq.selected(scene)
  return row === undefined || scene.ui.lists.dlq.marks.size > 0 ? [] : [row]
}

const NOTHING_CHOSEN: Step = {
  say: { text: say`no task is chosen: the marked ones are hidden by the filter, \\ unmarks them`, tone: 'warn' },
}

function purge(scene: Scene): Step {
  const queues = queuesShown(scene)
  if (queues.length === 0) return { say: { text: say`nothing to purge: the DLQ is empty`, tone: 'plain' } }
  const filter = scene.ui.lists.dlq.filter
  return { effects: [{ kind: 'collect-purge', queues, filter, beforeMs: Math.floor(scene.redisNowMs) + 999 }] }
}

/** To the DLQ of the next queue that has one, and past the last to that of all of them. */
function nextQueue(scene: Scene, by: 1 | -1): Step {
  const all = scene.data.queues.flatMap(({ key, dead }) => (dead > 0 || key === scene.ui.deadQueue ? [key] : []))
  const stops = [undefined, ...all]
  const at = stops.indexOf(scene.ui.deadQueue)
  return { ui: narrowDead(scene.ui, stops.at((at + by) % stops.length)), effects: REFRESH }
}

/** Only for the last change made in another place: ours are undone by `U` anywhere. */
export function undoNewest(scene: Scene): Step {
  const inTrash = scene.data.queues.filter(({ key, trash }) => trash > 0 && (scene.ui.deadQueue ?? key) === key)
  const [row] = inTrash.toSorted((a, b) => b.trash - a.trash)
  if (row === undefined) return { say: { text: say`nothing to undo: the trash is empty`, tone: 'plain' } }
  const label = say`the newest purge of ${row.name} (${plural(row.trash, say`task`)} in its trash)`
  return { ask: undoPlan(scene, { kind: 'newest-purge', queue: row.key, label }) }
}

const bindings: readonly Binding[] = [
  {
    keys: ['Enter'],
    shows: say`Enter`,
    hint: say`open`,
    help: say`the task: error, payload, attempts, stack`,
    run: (scene) => openTask(scene, dlq.selected(scene)?.ref),
  },
  {
    keys: ['R'],
    shows: say`R`,
    hint: say`replay`,
    help: say`replay: run the marked tasks again, or the one under the cursor`,
    isChange: true,
    run: (scene) => {
      const rows = chosen(scene)
      return rows.length === 0 ? NOTHING_CHOSEN : { ask: replayPlan(scene, rows) }
    },
  },
  {
    keys: ['D'],
    shows: say`D`,
    hint: say`delete`,
    help: say`delete: the marked tasks to the trash, or the one under the cursor`,
    isChange: true,
    run: (scene) => {
      const rows = chosen(scene)
      return rows.length === 0 ? NOTHING_CHOSEN : { ask: deletePlan(scene, rows) }
    },
  },
  {
    keys: ['X'],
    shows: say`X`,
    hint: say`purge`,
    help: say`purge: all dead tasks shown, or all that match, to the trash`,
    isChange: true,
    run: purge,
  },
  {
    keys: ['h', 'l', 'Left', 'Right'],
    shows: say`h/l`,
    hint: say`queue`,
    help: say`the DLQ of the previous or next queue, or of all`,
    run: (scene, key) => nextQueue(scene, key === 'l' || key === 'Right' ? 1 : -1),
  },
  {
    keys: ['s'],
    shows: say`s`,
    help: say`look at 2000 more tasks for the filter`,
    run: ({ ui }) => ({ ui: { scan: Math.min(DEAD_ROWS_CAP, ui.scan + 2000) }, effects: REFRESH }),
  },
]

export const dlq: ListView<DeadRow> = new ListView<DeadRow>({
  id: 'dlq',
  badge: ({ queues }) => {
    const dead = totalOf(queues, 'dead')
    return dead === 0 ? undefined : { text: count(dead, 7), isAlarm: true }
  },
  wants: ({ ui, layout }) => ({
    dead: {
      queue: ui.deadQueue,
      rows: ui.lists.dlq.filter === '' ? Math.max(ui.lists.dlq.index + 3 * layout.bodyRows, 100) : ui.scan,
    },
  }),
  hasMarks: true,
  columns: COLUMNS,
  rows: ({ data, ui }) => (data.dead.queue === ui.deadQueue ? data.dead.rows : NO_ROWS),
  part: 'dead',
  search: deadSearch,
  note,
  order: say`newest first`,
  detail,
  detailLines: 3,
  empty: (scene) => (deadTotal(scene) > 0 ? [say`reading …`] : [say`The DLQ is empty: no task has given up.`]),
  bindings,
})

const NO_ROWS: readonly DeadRow[] = []
