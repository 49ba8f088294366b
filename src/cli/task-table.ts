import type { Page, TaskInfo } from '../core/task.ts'
import type { Screen } from './screen.ts'
import { type Column, printTable } from './table.ts'
import { relative } from './text.ts'

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

/** What says when a task did or will do something, by its state. */
function when(task: TaskInfo, nowMs: number): string {
  switch (task.state) {
    case 'pending':
    case 'blocked':
    case 'limited':
      return relative(task.createdAtMs, nowMs)
    case 'scheduled':
    case 'retrying':
      return relative(task.runAtMs, nowMs)
    case 'active':
      return relative(task.startedAtMs, nowMs)
    case 'completed':
    case 'cancelled':
    case 'dead':
      return relative(task.finishedAtMs, nowMs)
  }
}

const errorOf = (task: TaskInfo): string =>
  task.error === undefined ? '' : `${task.error.reason}: ${firstLine(task.error.message)}`

export function printTasks(screen: Screen, page: Page<TaskInfo>): void {
  const nowMs = Date.now()
  const columns: Column<TaskInfo>[] = [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'TYPE', cell: ({ type }) => type },
    { title: 'QUEUE', cell: ({ queue }) => queue },
    { title: 'PRIORITY', cell: ({ priority }) => priority },
    { title: 'STATE', cell: ({ state }) => state },
    { title: 'ATTEMPT', cell: ({ attempt }) => attempt, right: true },
    { title: 'WHEN', cell: (task) => when(task, nowMs) },
    { title: 'ERROR', cell: errorOf },
  ]
  const shown = page.items.some((task) => task.error !== undefined) ? columns : columns.slice(0, -1)
  if (page.items.length > 0) printTable(screen, page.items, shown)
  if (page.cursor !== undefined) screen.note(`there is more: --cursor '${page.cursor}'`)
}
