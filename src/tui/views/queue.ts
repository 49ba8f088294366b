import type { Binding, Step } from '../keys/binding.ts'
import type { Column } from '../components/table.ts'
import type { QueueRow } from '../source/rows.ts'
import type { TaskRow } from '../source/task-row.ts'
import { EMPTY_LIST } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { type Ui, queueShown } from '../state/state.ts'
import { QUEUE_TABS, type QueueTab, TAB_IDS } from '../state/tabs.ts'
import { count } from '../text/format.ts'
import { type Line, type Span, clip, line, span } from '../text/line.ts'
import { type Safe, NOTHING, safeLine, say } from '../text/safe.ts'
import { openTask, REFRESH, withList } from './go.ts'
import { ListView } from './list-view.ts'
import { GROUPS_BINDING, askAbout, emptyPages, pagedNote, pagedRows, scanOn, wantGroups, wantPages } from './paged.ts'
import {
  BRIEF_ERROR,
  BYTES,
  CREATED,
  DIED,
  DUE,
  ENDED,
  ERROR,
  LEFT,
  PRIORITY,
  REASON,
  STATE,
  TASK,
  TRIES,
  TYPE,
  WORKER,
  taskDetail,
} from './task-columns.ts'
import type { View } from './view.ts'

const tabOf = ({ ui }: Scene): QueueTab => queueShown(ui)?.tab ?? 'pending'
const queueOf = ({ ui }: Scene): string | undefined => queueShown(ui)?.queue

const rowOf = (scene: Scene): QueueRow | undefined => scene.data.queues.find(({ key }) => key === queueOf(scene))

const COUNTS: Readonly<Record<QueueTab, (row: QueueRow) => number>> = {
  pending: ({ pending }) => pending,
  delayed: ({ scheduled }) => scheduled,
  waiting: ({ limited, blocked }) => limited + blocked,
  active: ({ active }) => active,
  completed: ({ completed }) => completed,
  dead: ({ dead }) => dead,
}

const countOf = (scene: Scene, tab: QueueTab): number => {
  const row = rowOf(scene)
  return row === undefined ? 0 : COUNTS[tab](row)
}

const COLUMNS: Readonly<Record<QueueTab, readonly Column<TaskRow>[]>> = {
  pending: [TASK, TYPE, PRIORITY, TRIES, BYTES, CREATED],
  delayed: [TASK, TYPE, STATE, TRIES, BRIEF_ERROR, DUE],
  waiting: [TASK, TYPE, STATE, PRIORITY, BYTES, CREATED],
  active: [TASK, TYPE, WORKER, PRIORITY, TRIES, LEFT],
  completed: [TASK, TYPE, STATE, WORKER, TRIES, ENDED],
  dead: [TASK, TYPE, TRIES, REASON, ERROR, BYTES, DIED],
}

const ORDERS: Readonly<Record<QueueTab, Safe>> = {
  pending: say`next to run first`,
  delayed: say`soonest first`,
  waiting: say`newest first`,
  active: say`soonest first`,
  completed: say`newest first`,
  dead: say`newest first`,
}

const EMPTY: Readonly<Record<QueueTab, Safe>> = {
  pending: say`No task waits in this queue.`,
  delayed: say`No task of this queue waits for its time.`,
  waiting: say`No task of this queue waits under a limit, or for another one.`,
  active: say`No task of this queue is running.`,
  completed: say`No record of a finished task is kept.`,
  dead: say`No task of this queue has given up.`,
}

const titleOf = (scene: Scene): Safe => {
  const paused = rowOf(scene)?.paused === undefined ? NOTHING : say` PAUSED`
  const row = scene.data.objectives.get(queueOf(scene) ?? '')
  const slo = row === undefined ? NOTHING : say` (slo ${row.promise}: ${safeLine(row.state)})`
  return say`Queue ${safeLine(queueOf(scene) ?? '', 30)}${paused}${slo} ${QUEUE_TABS[tabOf(scene)].title}`
}

const listOf = (tab: QueueTab): ListView<TaskRow> => {
  const { states } = QUEUE_TABS[tab]
  return new ListView<TaskRow>({
    id: 'queue',
    title: titleOf,
    badge: () => undefined,
    wants: (scene) => ({
      tasks: wantPages(scene, 'queue', states, queueOf(scene)),
      groups: wantGroups(scene, queueOf(scene)),
    }),
    hasMarks: true,
    columns: COLUMNS[tab],
    rows: (scene) =>
      pagedRows(scene.data.tasks, { states, queue: queueOf(scene), filter: scene.ui.lists.queue.filter }),
    part: 'tasks',
    narrow: { by: 'pages', list: ({ data }) => data.tasks },
    note: (scene, shown) => {
      const of = { list: scene.data.tasks, queue: queueOf(scene), states }
      return pagedNote(scene, 'queue', of, { total: countOf(scene, tab), shown: shown.length })
    },
    order: ORDERS[tab],
    detail: taskDetail,
    detailLines: 3,
    empty: (scene) => [
      emptyPages(scene.data.tasks, { states, queue: queueOf(scene), filter: '' }, countOf(scene, tab), EMPTY[tab]),
    ],
    bindings: [],
  })
}

const LISTS = Object.fromEntries(TAB_IDS.map((tab) => [tab, listOf(tab)])) as Readonly<
  Record<QueueTab, ListView<TaskRow>>
>

const listShown = (scene: Scene): ListView<TaskRow> => LISTS[tabOf(scene)]

/** Its first row has the tabs; the list gets the others. */
const below = (scene: Scene): Scene => ({ ...scene, layout: { ...scene.layout, bodyRows: scene.layout.bodyRows - 1 } })

function tabLine(scene: Scene): Line {
  const here = tabOf(scene)
  const tabs = TAB_IDS.flatMap((tab): readonly Span[] => {
    const n = countOf(scene, tab)
    const tone = tab === 'dead' && n > 0 ? 'bad' : 'dim'
    const [open, close] = tab === here ? [say`[`, say`]`] : [say` `, say` `]
    const name = span(QUEUE_TABS[tab].title, tab === here ? 'here' : 'plain')
    return [span(open, 'accent'), name, span(say` ${count(n, 7)}`, tone), span(close, 'accent')]
  })
  return clip(line(...tabs), scene.columns)
}

function turn(scene: Scene, by: 1 | -1): Partial<Ui> {
  const shown = queueShown(scene.ui)
  if (shown === undefined) return {}
  const tab = TAB_IDS[(TAB_IDS.indexOf(shown.tab) + by + TAB_IDS.length) % TAB_IDS.length]!
  const stack = scene.ui.stack.map((screen) => (screen === shown ? { ...shown, tab } : screen))
  return { stack, ...withList(scene.ui, 'queue', EMPTY_LIST) }
}

const scopeOf = (scene: Scene): { queues: readonly string[]; states: (typeof QUEUE_TABS)[QueueTab]['states'] } => ({
  queues: [queueOf(scene) ?? ''],
  states: QUEUE_TABS[tabOf(scene)].states,
})

const refuse = (text: Safe): Step => ({ say: { text, tone: 'plain' } })

function take(scene: Scene): Step {
  const tab = tabOf(scene)
  if (tab === 'completed') return refuse(say`what has ended is kept for a while and then forgotten: nothing to delete`)
  return askAbout(LISTS[tab], scene, tab === 'dead' ? 'delete' : 'cancel', scopeOf(scene))
}

const bindings: readonly Binding[] = [
  {
    keys: ['Enter'],
    shows: say`Enter`,
    hint: say`open`,
    help: say`the task: payload, attempts, error, lease`,
    run: (scene) => openTask(scene, listShown(scene).selected(scene)?.ref),
  },
  {
    keys: ['h', 'l', 'Left', 'Right'],
    shows: say`h/l`,
    hint: say`state`,
    help: say`the tasks in the previous or next state, as Tab does`,
    run: (scene, key) => ({ ui: turn(scene, key === 'l' || key === 'Right' ? 1 : -1), effects: REFRESH }),
  },
  {
    keys: ['R'],
    shows: say`R`,
    hint: say`replay`,
    isIdle: (scene) => tabOf(scene) !== 'dead',
    help: say`replay: run the marked dead tasks again, or this one`,
    isChange: true,
    run: (scene) =>
      tabOf(scene) === 'dead'
        ? askAbout(LISTS.dead, scene, 'replay', scopeOf(scene))
        : refuse(say`only dead tasks are replayed: they are under dead`),
  },
  {
    keys: ['N'],
    shows: say`N`,
    hint: say`run now`,
    isIdle: (scene) => tabOf(scene) !== 'delayed',
    help: say`run now: the marked delayed tasks, or this one`,
    isChange: true,
    run: (scene) =>
      tabOf(scene) === 'delayed'
        ? askAbout(LISTS.delayed, scene, 'run', scopeOf(scene))
        : refuse(say`only what waits for its time is run now: it is under delayed`),
  },
  {
    keys: ['D'],
    shows: say`D`,
    hint: say`cancel/delete`,
    isIdle: (scene) => tabOf(scene) === 'completed',
    help: say`cancel what waits or runs, delete what is dead: marked, or this one`,
    isChange: true,
    run: take,
  },
  {
    ...GROUPS_BINDING,
    isIdle: (scene) => tabOf(scene) !== 'dead',
    run: (scene, key) =>
      tabOf(scene) === 'dead'
        ? GROUPS_BINDING.run(scene, key)
        : refuse(say`only dead tasks are told apart by their error`),
  },
  {
    keys: ['s'],
    shows: say`s`,
    help: say`scan on: look at 20000 more tasks for the filter`,
    run: (scene) => scanOn(scene, 'queue'),
  },
]

/** One queue, with a list for each state that its tasks can be in. */
export const queueDetail: View = {
  id: 'queue',
  title: say`Queue`,
  short: say`Queue`,
  badge: () => undefined,
  wants: (scene) => listShown(scene).wants(scene),
  bindings,
  hasMarks: true,
  narrowing: 'pages',
  sortable: [...new Set(TAB_IDS.flatMap((tab) => LISTS[tab].sortable))],
  keys: (scene) => listShown(scene).keys(scene),
  refs: (scene) => listShown(scene).refs(scene),
  isWhole: (scene) => listShown(scene).isWhole(scene),
  height: (scene) => listShown(scene).height(below(scene)),
  draw: (scene) => [tabLine(scene), ...listShown(scene).draw(below(scene))],
  handed: (scene) => listShown(scene).handed(scene),
  dead: (scene) => (tabOf(scene) === 'dead' ? { queue: queueOf(scene), total: countOf(scene, 'dead') } : undefined),
  turn,
}
