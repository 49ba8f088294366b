import type { RelativeRow } from '../source/task-doc.ts'
import type { Scene } from '../state/scene.ts'
import { fit } from '../text/fit.ts'
import { type Line, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'

/** Tasks that depend on the one shown, or it on them: one row each. */
export function relativeLines(rows: readonly RelativeRow[], scene: Scene): readonly Line[] {
  const wide = scene.layout.isWide ? 24 : 14
  return rows.map(({ id, queue, type, state, isBad }) =>
    line(
      say` `,
      span(fit(state, 10), isBad ? 'bad' : 'accent'),
      say` ${fit(id, 24, 'left', 'middle')}  ${fit(type, wide)}  `,
      span(fit(queue, wide), 'dim'),
    ),
  )
}

/** The same as text. */
export const relativeTexts = (rows: readonly RelativeRow[]): readonly Safe[] =>
  rows.map(({ id, queue, type, state }) => say`${state}  ${queue}/${id}  ${type}`)
