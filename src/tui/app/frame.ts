import { dialogBox } from '../components/dialog.ts'
import { footer } from '../components/footer.ts'
import { header } from '../components/header.ts'
import { linkScreen, tooSmall } from '../components/notices.ts'
import { promptBox, promptLines } from '../components/prompt-lines.ts'
import { rule } from '../components/rule.ts'
import { lowTabs, tabs, trail } from '../components/tabs.ts'
import { helpLines } from '../keys/help.ts'
import { hintsFor } from '../keys/registry.ts'
import { type Scene, sceneOf } from '../state/scene.ts'
import { type State, currentList } from '../state/state.ts'
import { type Line, BLANK, clip, faded, sameLine } from '../text/line.ts'
import { taskLines } from '../views/task.ts'
import { VIEWS, viewOf } from '../views/views.ts'

/** A whole screen: exactly as many lines as it has rows, none wider than it. */
export interface Frame {
  readonly columns: number
  readonly rows: number
  readonly lines: readonly Line[]
}

const fill = (lines: readonly Line[], rows: number): readonly Line[] =>
  Array.from({ length: rows }, (_, at) => lines[at] ?? BLANK)

function bodyLines(scene: Scene): readonly Line[] {
  const { screen, layout } = scene
  if (screen.kind === 'help') return helpLines(scene)
  if (scene.state.data.readAtMs === undefined) return linkScreen(scene)
  const lines = screen.kind === 'task' ? taskLines(scene) : viewOf(currentList(scene.ui)).draw(scene)
  return scene.isFresh ? lines : fill(lines, layout.bodyRows).map(faded)
}

/** A question stands over the lower part of the body, so that the rows above it stay in sight. */
function withDialog(scene: Scene, body: readonly Line[]): readonly Line[] {
  const { dialog } = scene.ui
  if (dialog === undefined || dialog.plan.tier === 1) return body
  const box = dialogBox(dialog, scene.columns, body.length)
  const above = Math.max(0, Math.min(6, body.length - box.length - 1))
  return fill([...body.slice(0, above), ...(above > 0 ? [BLANK] : []), ...box], body.length)
}

function withBox(scene: Scene, body: readonly Line[]): readonly Line[] {
  const { prompt, dialog } = scene.ui
  if (prompt === undefined || dialog !== undefined) return body
  const above = body.length > 14 ? 2 : 0
  const box = promptBox(scene, prompt, body.length - above)
  return box === undefined ? body : fill([...body.slice(0, above), ...box], body.length)
}

function bottomLines(scene: Scene): readonly Line[] {
  const { prompt, dialog } = scene.ui
  if (prompt !== undefined && dialog === undefined) return promptLines(scene, prompt, scene.layout.isLow ? 1 : 2)
  return [...(scene.layout.isLow ? [] : [rule(scene.columns)]), footer(scene, hintsFor(scene))]
}

function topLines(scene: Scene): readonly Line[] {
  if (scene.layout.isLow) return [scene.screen.kind === 'view' ? lowTabs(scene, VIEWS) : trail(scene)]
  return [header(scene), scene.screen.kind === 'view' ? tabs(scene, VIEWS) : trail(scene)]
}

function allLines(scene: Scene): readonly Line[] {
  if (scene.layout.isTooSmall) return tooSmall(scene)
  const body = withBox(scene, withDialog(scene, fill(bodyLines(scene), scene.layout.bodyRows)))
  return [...topLines(scene), ...body, ...bottomLines(scene)]
}

/** Draws the state; lines that did not change are the same objects as in `before`, and so is a frame without changes. */
export function frameOf(state: State, before?: Frame): Frame {
  const { columns, rows } = state.ui.size
  const lines = fill(allLines(sceneOf(state)), rows).map((line, at) => {
    const clipped = clip(line, columns)
    const last = before?.lines[at]
    return last !== undefined && sameLine(last, clipped) ? last : clipped
  })
  const isSame =
    before?.columns === columns && before.rows === rows && lines.every((line, at) => line === before.lines[at])
  return isSame ? before : { columns, rows, lines }
}
