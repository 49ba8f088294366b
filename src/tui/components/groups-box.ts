import type { GroupRow } from '../source/group-rows.ts'
import type { GroupsPrompt } from '../state/prompt.ts'
import type { Scene } from '../state/scene.ts'
import { count, duration } from '../text/format.ts'
import { type Line, span } from '../text/line.ts'
import { say } from '../text/safe.ts'
import { groupsShown } from '../views/groups.ts'
import { READING, around, box, innerOf } from './box.ts'
import { sparkline } from './spark.ts'
import { type Column, placeColumns, tableHead, tableRow } from './table.ts'

const MOST_COLUMNS = 160
/** Of ten minutes each. */
const TREND_COLUMNS = 6

type Drawn = GroupRow & { readonly total: number }

const COLUMNS: readonly Column<Drawn>[] = [
  {
    id: 'count',
    title: say`TASKS`,
    min: 6,
    align: 'right',
    cell: ({ count: tasks }) => span(count(tasks), 'strong'),
  },
  {
    id: 'share',
    title: say`SHARE`,
    min: 5,
    align: 'right',
    spare: 1,
    cell: ({ count: tasks, total }) => span(say`${Math.floor((100 * tasks) / Math.max(1, total, tasks))}%`, 'dim'),
  },
  { id: 'type', title: say`TYPE`, min: 12, max: 16, roomy: 32, cell: ({ type }) => type },
  {
    id: 'last',
    title: say`LAST`,
    min: 6,
    align: 'right',
    cell: ({ newestMs }, scene) => duration(scene.redisNowMs - newestMs),
  },
  {
    id: 'trend',
    title: say`1 HOUR`,
    isDrawing: true,
    min: TREND_COLUMNS,
    spare: 2,
    cell: ({ trend }) => span(sparkline(trend, TREND_COLUMNS), 'accent'),
  },
  {
    id: 'error',
    title: say`ERROR`,
    min: 16,
    wants: 24,
    max: 90,
    roomy: 400,
    weight: 4,
    cell: ({ message }) => span(message, 'bad'),
  },
]

/** What the tasks died of, the most frequent first: how many, their share, when last, and the last hour by ten minutes. */
export function groupsBox(scene: Scene, prompt: GroupsPrompt, rows: number): readonly Line[] {
  const { rows: groups = [], total = 0 } = groupsShown(scene) ?? {}
  const at = Math.min(prompt.at, Math.max(0, groups.length - 1))
  const { shown, top } = around(groups, at, Math.max(1, rows - 3))
  const placed = placeColumns(COLUMNS, innerOf(scene.columns, MOST_COLUMNS) - 3)
  const drawn = shown.map((group, i) => {
    const look = { isCursor: top + i === at, isMarked: false, hasMarks: false }
    return tableRow(placed, { ...group, total }, scene, look).spans
  })
  const table = drawn.length === 0 ? READING : [tableHead(placed, false).spans, ...drawn]
  return box(say`What they died of`, table, say`of all ${total}`, scene.columns, MOST_COLUMNS)
}
