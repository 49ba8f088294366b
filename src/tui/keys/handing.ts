import { say } from '../text/safe.ts'
import type { MenuPrompt } from '../state/prompt.ts'
import type { Scene } from '../state/scene.ts'
import { currentList } from '../state/state.ts'
import type { TaskRef } from '../source/source.ts'
import { plainJson } from '../text/export.ts'
import { taskPage } from '../views/task.ts'
import type { Handed, View } from '../views/view.ts'
import { viewOf } from '../views/views.ts'
import type { Binding, Step } from './binding.ts'

const NOTHING_HERE: Step = { say: { text: say`there is nothing here to hand out`, tone: 'plain' } }

const handed = (scene: Scene): Handed | undefined => viewOf(currentList(scene.ui)).handed?.(scene)

const menu = (title: MenuPrompt['title'], items: MenuPrompt['items']): Step => ({
  ui: { prompt: { kind: 'menu', title, items } },
})

const copyId = (id: string): Step => ({ effects: [{ kind: 'copy', what: say`its name`, text: id }] })

const taskItems = (ref: TaskRef): MenuPrompt['items'] => [
  { key: 'i', label: say`id`, effect: { kind: 'copy', what: say`its id`, text: ref.id } },
  { key: 'p', label: say`payload`, effect: { kind: 'copy-task', what: 'payload', ref } },
  { key: 'e', label: say`error`, effect: { kind: 'copy-task', what: 'error', ref } },
  { key: 'j', label: say`all of it as JSON`, effect: { kind: 'copy-task', what: 'json', ref } },
]

function copyMenu(scene: Scene): Step {
  const here = handed(scene)
  if (here?.name === undefined) return NOTHING_HERE
  if (here.ref !== undefined) return menu(say`copy`, taskItems(here.ref))
  const row = Object.fromEntries(here.row.map((cell, at) => [here.heads[at]?.toLowerCase(), cell.trim()]))
  return menu(say`copy`, [
    { key: 'i', label: say`name`, effect: { kind: 'copy', what: say`its name`, text: here.name } },
    { key: 'j', label: say`row as JSON`, effect: { kind: 'copy', what: say`the row`, text: plainJson(row, 2) } },
  ])
}

function exportMenu(scene: Scene): Step {
  const here = handed(scene)
  if (here === undefined || here.cells.length === 0) return NOTHING_HERE
  const { heads, cells, refs } = here
  const base = { kind: 'export', list: currentList(scene.ui), heads, cells, refs } as const
  return menu(here.isMarked ? say`write the ${cells.length} marked` : say`write the ${cells.length} shown`, [
    { key: 'j', label: refs.length > 0 ? say`JSONL, tasks in full` : say`JSONL`, effect: { ...base, format: 'jsonl' } },
    { key: 'c', label: say`CSV, as shown`, effect: { ...base, format: 'csv' } },
  ])
}

/** What leaves a list: to the clipboard, or to a file. */
export const HANDING_BINDINGS: readonly (Binding & { readonly when: (view: View) => boolean })[] = [
  {
    keys: ['c'],
    shows: say`c`,
    help: say`copy the id or name of the row to the clipboard, over SSH too`,
    when: (view) => view.handed !== undefined,
    run: (scene) => {
      const name = handed(scene)?.name
      return name === undefined ? NOTHING_HERE : copyId(name)
    },
  },
  {
    keys: ['y'],
    shows: say`y`,
    help: say`copy more of the row: of a task its payload, its error or all of it`,
    when: (view) => view.handed !== undefined,
    run: copyMenu,
  },
  {
    keys: ['e'],
    shows: say`e`,
    help: say`write the marked rows, or those shown, to a file: JSONL or CSV`,
    when: (view) => view.handed !== undefined,
    run: exportMenu,
  },
]

const refShown = ({ screen }: Scene): TaskRef | undefined => (screen.kind === 'task' ? screen.ref : undefined)

/** The same for the task that is shown. */
export const TASK_HANDING: readonly Binding[] = [
  {
    keys: ['c'],
    shows: say`c`,
    help: say`copy its id to the clipboard, over SSH too`,
    run: (scene) => copyId(refShown(scene)?.id ?? ''),
  },
  {
    keys: ['y'],
    shows: say`y`,
    hint: say`copy`,
    help: say`copy its payload, its error or all of it`,
    run: (scene) => {
      const ref = refShown(scene)
      return ref === undefined ? NOTHING_HERE : menu(say`copy`, taskItems(ref))
    },
  },
  {
    keys: ['e'],
    shows: say`e`,
    help: say`write all of it to a file, as JSON in one line`,
    run: (scene) => {
      const ref = refShown(scene)
      if (ref === undefined) return NOTHING_HERE
      const base = { kind: 'export', format: 'jsonl', list: currentList(scene.ui), heads: [], cells: [] } as const
      return { effects: [{ ...base, refs: [ref] }] }
    },
  },
  {
    keys: ['v'],
    shows: say`v`,
    hint: say`pager`,
    help: say`read it in $PAGER, where it can be searched`,
    run: (scene) => {
      const page = taskPage(scene)
      return page === undefined ? NOTHING_HERE : { effects: [{ kind: 'page', ...page }] }
    },
  },
]
