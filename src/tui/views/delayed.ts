import type { Scene } from '../state/scene.ts'
import { totalOf } from '../source/data.ts'
import type { TaskRow } from '../source/task-row.ts'
import { QUEUE_TABS } from '../state/tabs.ts'
import { count } from '../text/format.ts'
import { say } from '../text/safe.ts'
import { openTask } from './go.ts'
import { ListView } from './list-view.ts'
import { askAbout, emptyPages, pagedNote, pagedRows, scanOn, wantPages } from './paged.ts'
import { BRIEF_ERROR, DUE, QUEUE, STATE, TASK, TRIES, TYPE, taskDetail } from './task-columns.ts'

const { states } = QUEUE_TABS.delayed

const total = ({ data }: Pick<Scene, 'data'>): number => totalOf(data.queues, 'scheduled')

/** Every task of every queue that waits for its time: delayed ones and retries. */
export const delayed: ListView<TaskRow> = new ListView<TaskRow>({
  id: 'delayed',
  badge: (data) => {
    const n = total({ data })
    return n === 0 ? undefined : { text: count(n, 6), brief: count(n, 4), isAlarm: false }
  },
  wants: (scene) => ({ tasks: wantPages(scene, 'delayed', states, undefined) }),
  hasMarks: true,
  columns: [TASK, TYPE, QUEUE, STATE, TRIES, BRIEF_ERROR, DUE],
  rows: ({ data, ui }) => pagedRows(data.tasks, { states, queue: undefined, filter: ui.lists.delayed.filter }),
  part: 'tasks',
  narrow: { by: 'pages', list: ({ data }) => data.tasks },
  isProblem: ({ dueAtMs }, { redisNowMs }) => (dueAtMs ?? redisNowMs) < redisNowMs - 1000,
  note: (scene, shown) => {
    const of = { list: scene.data.tasks, queue: undefined, states }
    return pagedNote(scene, 'delayed', of, { total: total(scene), shown: shown.length })
  },
  order: say`soonest first`,
  detail: taskDetail,
  detailLines: 3,
  empty: (scene) => [
    emptyPages(
      scene.data.tasks,
      { states, queue: undefined, filter: '' },
      total(scene),
      say`No task waits for its time.`,
    ),
  ],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`open`,
      help: say`the task: payload, attempts, when it is due`,
      run: (scene) => openTask(scene, delayed.selected(scene)?.ref),
    },
    {
      keys: ['N'],
      shows: say`N`,
      hint: say`run now`,
      help: say`run now: the marked tasks, or the one under the cursor`,
      isChange: true,
      run: (scene) => askAbout(delayed, scene, 'run', { queues: scene.data.queues.map(({ key }) => key), states }),
    },
    {
      keys: ['D'],
      shows: say`D`,
      hint: say`cancel`,
      help: say`cancel: the marked tasks never run, or the one under the cursor`,
      isChange: true,
      run: (scene) => askAbout(delayed, scene, 'cancel', { queues: scene.data.queues.map(({ key }) => key), states }),
    },
    {
      keys: ['s'],
      shows: say`s`,
      help: say`scan on: look at 20000 more tasks for the filter`,
      run: (scene) => scanOn(scene, 'delayed'),
    },
  ],
})
