import { rule } from '../components/rule.ts'
import { fit } from '../text/fit.ts'
import { type Line, line, span } from '../text/line.ts'
import { safeLine, say } from '../text/safe.ts'
import type { Scene } from '../state/scene.ts'
import { clampScroll } from '../state/text-pane.ts'
import type { Binding } from './binding.ts'
import { COMMANDS } from './commands.ts'
import { type Section, sectionsFor } from './registry.ts'

const KEY_COLUMNS = 10

const row = ({ shows, help, isChange }: Pick<Binding, 'shows' | 'help' | 'isChange'>): Line =>
  line(span(say` ${fit(shows, KEY_COLUMNS)}`, 'key'), span(isChange ? say`*` : say` `, 'warn'), say` ${help}`)

/** The screen that the help was called from comes first. */
function sections(scene: Scene): readonly Section[] {
  const below = scene.ui.stack.at(-2)
  return below === undefined || scene.screen.kind !== 'help'
    ? sectionsFor(scene)
    : sectionsFor({ ...scene, screen: below })
}

/** The same for what is typed behind the colon. */
const commands: readonly Line[] = COMMANDS.map(({ name, help, isChange }) =>
  row({ shows: say`:${safeLine(name)}`, help, ...(isChange === undefined ? {} : { isChange }) }),
)

const content = (scene: Scene): readonly Line[] => [
  ...sections(scene)
    .filter(({ bindings }) => bindings.length > 0)
    .flatMap(({ title, bindings }) => [rule(scene.columns, title), ...bindings.map(row)]),
  rule(scene.columns, say`Commands`),
  ...commands,
]

export const helpLength = (scene: Scene): number => content(scene).length

export function helpLines(scene: Scene): readonly Line[] {
  const lines = content(scene)
  const rows = scene.layout.bodyRows - 1
  const scroll = clampScroll(scene.screen.kind === 'help' ? scene.screen.scroll : 0, lines.length, rows)
  const place =
    lines.length <= rows
      ? undefined
      : say`lines ${scroll + 1}-${Math.min(lines.length, scroll + rows)} of ${lines.length}`
  return [
    rule(scene.columns, say`Help`, place, say`* changes Redis, and asks first`),
    ...lines.slice(scroll, scroll + rows),
  ]
}
