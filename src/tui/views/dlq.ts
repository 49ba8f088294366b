import type { Binding, Step } from '../keys/binding.ts'
import { totalOf } from '../source/data.ts'
import type { TaskRow } from '../source/task-row.ts'
import { undoPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { count, plural } from '../text/format.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { narrowDead, openTask, REFRESH } from './go.ts'
import { ListView } from './list-view.ts'
import { OPERATION_BINDINGS, operationLines } from './operations.ts'
import { GROUPS_BINDING, askAbout, pagedNote, pagedRows, scanOn, wantGroups, wantPages } from './paged.ts'
import { BYTES, DIED, ERROR, QUEUE, REASON, TASK, TRIES, TYPE, taskDetail } from './task-columns.ts'

const DEAD = ['dead'] as const

const deadTotal = ({ data, ui }: Scene): number =>
  totalOf(ui.deadQueue === undefined ? data.queues : data.queues.filter(({ key }) => key === ui.deadQueue), 'dead')

/** Queues that the list is of. */
const queuesShown = ({ data, ui }: Scene): readonly string[] =>
  data.queues.flatMap(({ key, dead }) =>
    dead > 0 && (ui.deadQueue === undefined || ui.deadQueue === key) ? [key] : [],
  )

function note(scene: Scene, shown: readonly TaskRow[]): Safe {
  const { data, ui } = scene
  const where = ui.deadQueue === undefined ? say`` : say`  of ${safeLine(ui.deadQueue)}`
  const of = { list: data.dead, queue: ui.deadQueue, states: DEAD }
  return say`${pagedNote(scene, 'dlq', of, { total: deadTotal(scene), shown: shown.length })}${where}`
}

const scope = (scene: Scene): { queues: readonly string[]; states: typeof DEAD } => ({
  queues: queuesShown(scene),
  states: DEAD,
})

function purge(scene: Scene): Step {
  const queues = queuesShown(scene)
  if (queues.length === 0) return { say: { text: say`nothing to purge: the DLQ is empty`, tone: 'plain' } }
  const filter = scene.ui.lists.dlq.filter
  return { effects: [{ kind: 'collect', verb: 'purge', queues, states: DEAD, filter, beforeMs: scene.seenMs }] }
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
  GROUPS_BINDING,
  {
    keys: ['R'],
    shows: say`R`,
    hint: say`replay`,
    help: say`replay: run the marked tasks again, or the one under the cursor`,
    isChange: true,
    run: (scene) => askAbout(dlq, scene, 'replay', scope(scene)),
  },
  {
    keys: ['D'],
    shows: say`D`,
    hint: say`delete`,
    help: say`delete: the marked tasks to the trash, or the one under the cursor`,
    isChange: true,
    run: (scene) => askAbout(dlq, scene, 'delete', scope(scene)),
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
    help: say`scan on: look at 20000 more tasks for the filter`,
    run: (scene) => scanOn(scene, 'dlq'),
  },
  ...OPERATION_BINDINGS,
]

export const dlq: ListView<TaskRow> = new ListView<TaskRow>({
  id: 'dlq',
  badge: ({ queues }) => {
    const dead = totalOf(queues, 'dead')
    return dead === 0 ? undefined : { text: count(dead, 7), brief: count(dead, 5), isAlarm: true }
  },
  wants: (scene) => ({
    dead: wantPages(scene, 'dlq', DEAD, scene.ui.deadQueue),
    groups: wantGroups(scene, scene.ui.deadQueue),
    operations: true,
  }),
  banner: operationLines,
  hasMarks: true,
  columns: [TASK, TYPE, QUEUE, TRIES, REASON, ERROR, BYTES, DIED],
  rows: ({ data, ui }) => pagedRows(data.dead, { states: DEAD, queue: ui.deadQueue, filter: ui.lists.dlq.filter }),
  part: 'dead',
  narrow: { by: 'pages', list: ({ data }) => data.dead },
  dead: (scene) => ({ queue: scene.ui.deadQueue, total: deadTotal(scene) }),
  note,
  order: say`newest first`,
  detail: taskDetail,
  detailLines: 3,
  empty: (scene) => (deadTotal(scene) > 0 ? [say`reading …`] : [say`The DLQ is empty: no task has given up.`]),
  bindings,
})
