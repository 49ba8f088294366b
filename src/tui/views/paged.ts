import type { State } from '../../core/states.ts'
import type { Binding, Step, Verb } from '../keys/binding.ts'
import type { Wants } from '../source/reader.ts'
import type { TaskRow } from '../source/task-row.ts'
import { type PagesWant, type TaskList, ROWS_CAP } from '../source/task-pages.ts'
import { cancelPlan, deletePlan, replayPlan, runPlan, type TaskBrief } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { clock } from '../text/format.ts'
import { type Safe, NOTHING, say } from '../text/safe.ts'
import type { ListView } from './list-view.ts'
import type { Keyed } from './list-def.ts'
import type { ListId } from '../state/view-names.ts'

/** What a list that is read by pages wants: some screens ahead of the cursor, or so many looks for its filter. */
export function wantPages(scene: Scene, id: ListId, states: readonly State[], queue: string | undefined): PagesWant {
  const { index, filter, scan } = scene.ui.lists[id]
  return { states, queue, filter, scan, rows: Math.max(index + 3 * scene.layout.bodyRows, 100) }
}

/** What they died of is read while somebody looks at it. */
export const wantGroups = ({ ui }: Scene, queue: string | undefined): Wants['groups'] =>
  ui.prompt?.kind === 'groups' ? { queue } : undefined

type Asked = Pick<PagesWant, 'states' | 'queue' | 'filter'>

const isOf = (list: TaskList, want: Asked): boolean =>
  list.queue === want.queue && list.filter === want.filter && list.states.join() === want.states.join()

const NO_ROWS: readonly TaskRow[] = []

/** The rows read, when they are of this list and its filter; otherwise none, until they are. */
export const pagedRows = (list: TaskList, want: Asked): readonly TaskRow[] => (isOf(list, want) ? list.rows : NO_ROWS)

/** `40 of 1284 match`, and of how many that is known; or how many there are, and what is marked. */
export function pagedNote(
  { ui }: Scene,
  id: ListId,
  { list, queue, states }: { list: TaskList; queue: string | undefined; states: readonly State[] },
  { total, shown }: { total: number; shown: number },
): Safe {
  const { filter, sort, marks, allBeforeMs } = ui.lists[id]
  const marked =
    allBeforeMs !== undefined
      ? say`  marked: all up to ${clock(allBeforeMs)}`
      : marks.size === 0
        ? NOTHING
        : say`  marked ${marks.size}`
  if (filter === '') {
    // The count may lag behind, by places that were given up and are not yet cleared away.
    const n = list.isWhole && isOf(list, { states, queue, filter }) ? list.rows.length : total
    const part = sort === undefined || list.isWhole ? NOTHING : say`  (of the first ${list.rows.length})`
    return say`${n}${part}${marked}`
  }
  // Nothing is left to say when all were looked at: the filter itself needs the room.
  if (list.isWhole) return say`${shown} of ${total} match${marked}`
  const more = list.rows.length >= ROWS_CAP ? say`no more are shown` : say`s scans on`
  return say`${shown} of ${total} match, scanned ${list.scanned}, ${more}${marked}`
}

/** Nothing is there, or it was not read yet. */
export const emptyPages = (list: TaskList, want: Asked, total: number, text: Safe): Safe =>
  total === 0 || (isOf(list, want) && list.isWhole) ? text : say`reading …`

/** Twenty readings' worth. */
const SCAN_STEP = 20_000

/** Looks at more tasks for the filter. */
export function scanOn(scene: Scene, id: ListId): Step {
  const list = scene.ui.lists[id]
  if (list.filter === '')
    return { say: { text: say`s goes on with the scan for a filter: there is none`, tone: 'plain' } }
  return {
    ui: { lists: { ...scene.ui.lists, [id]: { ...list, scan: list.scan + SCAN_STEP } } },
    effects: [{ kind: 'refresh' }],
  }
}

const NOTHING_CHOSEN: Step = {
  say: { text: say`no task is chosen: the marked ones are not shown, \\ unmarks them`, tone: 'warn' },
}

/** The marked rows that are shown, else the one under the cursor. */
export function chosen<R extends Keyed>(view: ListView<R>, scene: Scene): readonly R[] {
  const marked = view.marked(scene)
  if (marked.length > 0) return marked
  const row = view.selected(scene)
  return row === undefined || scene.ui.lists[view.id].marks.size > 0 ? [] : [row]
}

const PLANS = { replay: replayPlan, delete: deletePlan, cancel: cancelPlan, run: runPlan } as const

/** Asks about what is marked, else about the row under the cursor. */
export function askAbout<R extends Keyed & TaskBrief>(
  view: ListView<R>,
  scene: Scene,
  verb: Exclude<Verb, 'purge'>,
  scope: { readonly queues: readonly string[]; readonly states: readonly State[] },
): Step {
  const { marks, allBeforeMs, filter } = scene.ui.lists[view.id]
  if (allBeforeMs !== undefined)
    return { effects: [{ kind: 'collect', verb, ...scope, filter, beforeMs: allBeforeMs }] }
  const rows = chosen(view, scene)
  if (rows.length === 0)
    return marks.size > 0 ? NOTHING_CHOSEN : { say: { text: say`there is no task to choose here`, tone: 'plain' } }
  return { ask: PLANS[verb](scene, rows, { hidden: Math.max(0, marks.size - rows.length) }) }
}

/** What the dead tasks died of, to choose one kind of them. */
export const GROUPS_BINDING: Binding = {
  keys: ['b'],
  shows: say`b`,
  hint: say`by error`,
  help: say`by error: what all of them died of; R and X there act on one kind`,
  run: () => ({ ui: { prompt: { kind: 'groups', at: 0 } }, effects: [{ kind: 'refresh' }] }),
}
