import type { Column } from '../components/table.ts'
import type { RunRow } from '../source/schedule-rows.ts'
import { runsShown } from '../state/state.ts'
import type { Scene } from '../state/scene.ts'
import { moment } from '../text/format.ts'
import { span } from '../text/line.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { openTask } from './go.ts'
import { ListView } from './list-view.ts'
import { ago } from './shared.ts'

const NONE: readonly RunRow[] = []

const nameShown = ({ ui }: Scene): string => runsShown(ui)?.schedule ?? ''

function rowsOf(scene: Scene): readonly RunRow[] {
  const { runs: read } = scene.data
  return read?.schedule === nameShown(scene) ? read.rows : NONE
}

function whatOf({ what, count }: RunRow): Safe {
  if (what === 'fired') return say`ran`
  if (what === 'triggered') return say`by hand`
  const slots = count === 1 ? say`passed` : say`${count} slots passed`
  return what === 'missed' ? say`${slots}: no scheduler was there` : say`${slots}: the run before went on`
}

const COLUMNS: readonly Column<RunRow>[] = [
  {
    id: 'slot',
    title: say`SLOT (UTC)`,
    min: 14,
    max: 20,
    cell: ({ slotMs }, scene) => moment(slotMs, scene.redisNowMs),
    sort: ({ slotMs }) => slotMs,
  },
  { id: 'ago', title: say`AGO`, min: 6, align: 'right', cell: ({ atMs }, scene) => ago(scene, atMs) },
  {
    id: 'what',
    title: say`WHAT`,
    min: 10,
    wants: 38,
    max: 44,
    cell: (row) => span(whatOf(row), row.what === 'missed' ? 'bad' : row.what === 'overlap' ? 'warn' : 'plain'),
  },
  { id: 'state', title: say`STATE`, min: 9, cell: (row) => span(row.state, row.isBad ? 'bad' : 'plain') },
  { id: 'task', title: say`TASK`, min: 12, max: 60, spare: 1, cut: 'middle', cell: ({ id }) => id },
]

/** What a schedule did last, and what it did not. */
export const runs: ListView<RunRow> = new ListView<RunRow>({
  id: 'runs',
  badge: () => undefined,
  wants: (scene) => ({ runs: nameShown(scene) }),
  title: (scene) => say`Runs of ${safeLine(nameShown(scene), 64)}`,
  columns: COLUMNS,
  rows: rowsOf,
  part: 'runs',
  narrow: { by: 'text', of: ({ id, state }) => [id, state] },
  isProblem: ({ isBad }) => isBad,
  note: (scene) => say`the last ${rowsOf(scene).length}`,
  order: say`newest first`,
  empty: () => [say`This schedule has not run, and no slot of it has passed.`],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`open`,
      help: say`the task of the run`,
      run: (scene) => openTask(scene, runs.selected(scene)?.ref),
    },
  ],
})
