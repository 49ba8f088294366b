import { rule } from '../components/rule.ts'
import type { TaskDoc } from '../source/task-doc.ts'
import type { Scene } from '../state/scene.ts'
import { fit } from '../text/fit.ts'
import { instant } from '../text/format.ts'
import { type Line, line, span } from '../text/line.ts'
import { say } from '../text/safe.ts'

/** The attempts of a task that failed, one row each, under their title. */
export function attemptLines(doc: TaskDoc, scene: Scene): readonly Line[] {
  if (doc.attempts.length === 0) return []
  const wide = scene.layout.isWide ? 24 : 12
  const rows = doc.attempts.map((row) => {
    const head = say` ${fit(say`${row.attempt}`, 3, 'right')}  ${fit(row.worker, wide, 'left', 'middle')}  ${fit(row.reason, 9)}  `
    const room = Math.max(10, scene.columns - wide - 18 - 15)
    return line(
      head,
      span(fit(row.message, room), 'bad'),
      span(say`  ${fit(instant(row.atMs, scene.redisNowMs), 12, 'right')}`, 'dim'),
    )
  })
  return [rule(scene.columns, say`Attempts`, say`that failed, newest first`), ...rows]
}
