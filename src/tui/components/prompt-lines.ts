import { candidates } from '../keys/completion.ts'
import { paletteFor } from '../keys/palette.ts'
import type {
  CommandPrompt,
  FilterPrompt,
  GroupsPrompt,
  MenuPrompt,
  OperationsPrompt,
  PalettePrompt,
  Prompt,
} from '../state/prompt.ts'
import type { Scene } from '../state/scene.ts'
import { type Line, type Span, clip, ends, line, span } from '../text/line.ts'
import { widthOf } from '../text/width.ts'
import { fit } from '../text/fit.ts'
import { operationLine, openOperations } from '../views/operations.ts'
import { type Safe, join, repeat, safeLine, say } from '../text/safe.ts'
import { viewOf } from '../views/views.ts'
import { READING, around, box } from './box.ts'
import { editSpans } from './edit-spans.ts'
import { groupsBox } from './groups-box.ts'

const widthOfSpans = (spans: readonly Span[]): number => spans.reduce((sum, { text }) => sum + widthOf(text), 0)

const WORDS = say`type:x queue:a,b worker:w* err~"a|b" attempts>=3 age<1h payload.user.id:1 !not`
const TEXT = say`rows that contain the text`

const signOf = (prompt: Exclude<Prompt, MenuPrompt | GroupsPrompt | OperationsPrompt>): Safe =>
  prompt.kind === 'filter' ? say` /` : prompt.kind === 'command' ? say` :` : say` >`

/** What is being typed, as much of it as `columns` have room for. */
function typedLine(prompt: Prompt, columns: number): readonly Span[] {
  if (prompt.kind === 'menu') {
    const items = prompt.items.flatMap(({ key, label }) => [span(safeLine(key), 'key'), span(say` ${label}  `)])
    return [span(say` ${prompt.title}:  `, 'strong'), ...items]
  }
  if (prompt.kind === 'groups' || prompt.kind === 'operations') return [span(say` Which of these?`, 'strong')]
  const sign = signOf(prompt)
  return [span(sign, 'key'), ...editSpans(prompt.edit, columns - widthOf(sign))]
}

const problemSpan = (problem: Safe): Span => span(say` ${problem}`, 'bad')

function underFilter({ list, problem }: FilterPrompt): readonly Span[] {
  if (problem !== undefined) return [problemSpan(problem)]
  const grammar = viewOf(list).narrowing === 'text' ? TEXT : WORDS
  return [span(say` ${grammar}`, 'dim')]
}

function underCommand({ problem, edit }: CommandPrompt, scene: Scene): readonly Span[] {
  if (problem !== undefined) return [problemSpan(problem)]
  const found = candidates(scene, edit.text)
    .slice(0, 20)
    .map((word) => safeLine(word, 30))
  return [span(say` Tab completes  `, 'dim'), span(join(found, '  '))]
}

function under(prompt: Prompt, scene: Scene): readonly Span[] {
  switch (prompt.kind) {
    case 'filter':
      return underFilter(prompt)
    case 'command':
      return underCommand(prompt, scene)
    case 'palette':
      return [span(say` Enter runs it  j and k are letters here: Up and Down choose  Esc cancel`, 'dim')]
    case 'groups':
      return [span(say` Enter only these  R replay  X purge  j/k choose  Esc back`, 'dim')]
    case 'operations':
      return [span(say` Enter asks about it  j/k choose  Esc leaves all as it is`, 'dim')]
    case 'menu':
      return [span(say` any other key: nothing`, 'dim')]
  }
}

const keysOf = ({ kind }: Prompt): Safe =>
  kind === 'filter' || kind === 'command'
    ? say`Enter ${kind === 'filter' ? say`keep` : say`run`}  Esc cancel  Up earlier `
    : say``

/** Between what is typed and what is said of it. */
const GAP = 2

/** What is typed and what is said of it share a row; what is wrong with it gets up to half of that. */
function lowPromptLine(scene: Scene, prompt: Prompt): Line {
  const { columns } = scene
  const said = under(prompt, scene)
  if (prompt.kind === 'groups' || prompt.kind === 'operations') return clip(line(...said), columns)
  const isProblem = 'problem' in prompt && prompt.problem !== undefined
  const kept = isProblem ? Math.min(GAP + widthOfSpans(said), Math.floor(columns / 2)) : 0
  return clip(line(...typedLine(prompt, columns - kept), span(repeat(say` `, GAP)), ...said), columns)
}

/** The last rows while something is typed: the line itself, and under it what it can be or what is wrong with it. */
export function promptLines(scene: Scene, prompt: Prompt, rows: number): readonly Line[] {
  const { columns } = scene
  if (rows <= 1) return [lowPromptLine(scene, prompt)]
  const whole = typedLine(prompt, Number.POSITIVE_INFINITY)
  const keys = keysOf(prompt)
  const hasRoom = widthOfSpans(whole) + 1 + widthOf(keys) <= columns
  const first = hasRoom ? ends(whole, [span(keys, 'dim')], columns) : line(...typedLine(prompt, columns))
  return [clip(first, columns), clip(line(...under(prompt, scene)), columns)]
}

/** Which operation is meant. */
function operationsBox(scene: Scene, prompt: OperationsPrompt, rows: number): readonly Line[] {
  const open = openOperations(scene)
  const at = Math.min(prompt.at, Math.max(0, open.length - 1))
  const { shown, top } = around(open, at, Math.max(1, rows - 2))
  const inner = Math.min(84, scene.columns - 8)
  const drawn = shown.map((row, i) => operationLine(row, inner, top + i === at).spans)
  const title = prompt.steering === 'cancel' ? say`Which is to end?` : say`Which is to pause, or to go on?`
  return box(title, drawn.length === 0 ? READING : drawn, say`Esc = none`, scene.columns)
}

/** What lies over the list while something is chosen; undefined: nothing does. */
export function promptBox(scene: Scene, prompt: Prompt, rows: number): readonly Line[] | undefined {
  if (prompt.kind === 'palette') return paletteBox(scene, prompt, rows)
  if (prompt.kind === 'operations') return operationsBox(scene, prompt, rows)
  return prompt.kind === 'groups' ? groupsBox(scene, prompt, rows) : undefined
}

const KEYS_COLUMNS = 18

/** What can be done here, as far as it matches what was typed. */
function paletteBox(scene: Scene, prompt: PalettePrompt, rows: number): readonly Line[] {
  const entries = paletteFor(scene, prompt.edit.text)
  const at = Math.min(prompt.at, Math.max(0, entries.length - 1))
  const height = Math.max(1, rows - 2)
  const { shown: visible, top } = around(entries, at, height)
  const drawn = visible.map(({ keys, help, isChange }, i): readonly Span[] => {
    const isHere = top + i === at
    const sign = isHere ? say`> ` : say`  `
    const change = isChange === true ? span(say`* `, 'warn') : span(say`  `)
    return [
      span(sign, 'accent'),
      span(fit(keys, KEYS_COLUMNS), 'key'),
      span(say` `),
      change,
      span(help, isHere ? 'strong' : 'plain'),
    ]
  })
  const shown = drawn.length === 0 ? [[span(say`nothing here is called so`, 'dim')]] : drawn
  const place = entries.length > height ? say`${at + 1} of ${entries.length}` : say`${entries.length} found`
  return box(say`What can be done here   * changes Redis, and asks first`, shown, place, scene.columns)
}
