import type { Effect, Step } from '../keys/binding.ts'
import { commandFor } from '../keys/commands.ts'
import { completed } from '../keys/completion.ts'
import { paletteFor } from '../keys/palette.ts'
import { type Edit, editKey, editOf, typeInto } from '../state/edit.ts'
import { filterProblem } from '../state/filter.ts'
import { withFilter } from '../state/list.ts'
import { steerPlan } from '../state/operation-plans.ts'
import type {
  CommandPrompt,
  FilterPrompt,
  GroupsPrompt,
  MenuPrompt,
  OperationsPrompt,
  PalettePrompt,
  Prompt,
} from '../state/prompt.ts'
import { sceneOf } from '../state/scene.ts'
import { type State, type Ui, currentList } from '../state/state.ts'
import { withList } from '../views/go.ts'
import { askAboutGroup, groupsShown } from '../views/groups.ts'
import { openOperations } from '../views/operations.ts'
import { viewOf } from '../views/views.ts'
import { type KeyPress, type Outcome, carriedOut, outcome } from './steps.ts'

const MOST_EARLIER = 50

/** The newest at the end, each once. */
const withEarlier = (earlier: readonly string[], text: string): readonly string[] =>
  text.trim() === '' ? earlier : [...earlier.filter((one) => one !== text), text].slice(-MOST_EARLIER)

/** Up and Down go through what was typed before; undefined for any other key. */
function recalled(key: string, back: number, earlier: readonly string[]): { back: number; edit: Edit } | undefined {
  if (key !== 'Up' && key !== 'Down' && key !== 'C-p' && key !== 'C-n') return undefined
  const by = key === 'Up' || key === 'C-p' ? 1 : -1
  const to = Math.max(0, Math.min(back + by, earlier.length))
  return { back: to, edit: editOf(to === 0 ? '' : earlier.at(-to)!) }
}

const isByWords = (list: FilterPrompt['list']): boolean => viewOf(list).narrowing !== 'text'

const problemOf = ({ list }: FilterPrompt, text: string): FilterPrompt['problem'] =>
  isByWords(list) ? filterProblem(text, viewOf(list).narrowing === 'pages') : undefined

const REFRESH: readonly Effect[] = [{ kind: 'refresh' }]

/** A list that is read by pages is read for each filter anew, so it waits for Enter; the others follow each letter. */
function filtered({ ui }: State, prompt: FilterPrompt, text: string, isKept: boolean): Partial<Ui> {
  const { list } = prompt
  const waits = viewOf(list).narrowing === 'pages' && !isKept
  return waits || problemOf(prompt, text) !== undefined ? {} : withList(ui, list, withFilter(ui.lists[list], text))
}

function edited(state: State, prompt: FilterPrompt, edit: Edit, back = prompt.back): Outcome {
  const problem = problemOf(prompt, edit.text)
  return outcome(state, {
    prompt: { ...prompt, edit, back, problem },
    flash: undefined,
    ...filtered(state, prompt, edit.text, false),
  })
}

function inFilter(state: State, prompt: FilterPrompt, press: KeyPress): Outcome {
  const { text } = prompt.edit
  if (press.key === 'Esc')
    return outcome(state, { prompt: undefined, ...filtered(state, prompt, prompt.before, true) }, REFRESH)
  if (press.key === 'Enter') {
    if (prompt.problem !== undefined) return outcome(state, {})
    const filters = withEarlier(state.ui.filters, text)
    return outcome(state, { prompt: undefined, filters, ...filtered(state, prompt, text, true) }, REFRESH)
  }
  const earlier = recalled(press.key, prompt.back, state.ui.filters)
  if (earlier !== undefined) return edited(state, prompt, earlier.edit, earlier.back)
  return edited(state, prompt, editKey(prompt.edit, press.key))
}

function inCommand(state: State, prompt: CommandPrompt, press: KeyPress): Outcome {
  const { text } = prompt.edit
  const to = (edit: Edit, back = prompt.back): Outcome =>
    outcome(state, { prompt: { ...prompt, edit, back, problem: undefined }, flash: undefined })
  if (press.key === 'Esc' || (press.key === 'Backspace' && text === '')) return outcome(state, { prompt: undefined })
  if (press.key === 'Tab') return to(editOf(completed(sceneOf(state), text)))
  const earlier = recalled(press.key, prompt.back, state.ui.commands)
  if (earlier !== undefined) return to(earlier.edit, earlier.back)
  if (press.key !== 'Enter') return to(editKey(prompt.edit, press.key))
  if (text.trim() === '') return outcome(state, { prompt: undefined })
  return run(state, prompt, text, press)
}

/** Runs it, or leaves it standing there with what is wrong with it. */
function run(state: State, prompt: CommandPrompt, text: string, press: KeyPress): Outcome {
  const scene = sceneOf(state)
  const found = commandFor(scene, text)
  if ('problem' in found) return outcome(state, { prompt: { ...prompt, problem: found.problem } })
  const commands = withEarlier(state.ui.commands, text)
  const closed: State = { ...state, ui: { ...state.ui, prompt: undefined, commands } }
  return carriedOut(closed, sceneOf(closed), found.command, () => found.step, press)
}

function inPalette(state: State, prompt: PalettePrompt, press: KeyPress): Outcome {
  const scene = sceneOf(state)
  const entries = paletteFor(scene, prompt.edit.text)
  const at = Math.min(prompt.at, Math.max(0, entries.length - 1))
  const move = (by: number): Outcome =>
    outcome(state, { prompt: { ...prompt, at: Math.max(0, Math.min(at + by, entries.length - 1)) } })
  if (press.key === 'Esc' || press.key === 'C-p') return outcome(state, { prompt: undefined })
  if (press.key === 'Down' || press.key === 'C-n' || press.key === 'Tab') return move(1)
  if (press.key === 'Up' || press.key === 'S-Tab') return move(-1)
  if (press.key !== 'Enter')
    return outcome(state, { prompt: { ...prompt, edit: editKey(prompt.edit, press.key), at: 0 } })
  const entry = entries[at]
  if (entry === undefined) return outcome(state, {})
  const closed: State = { ...state, ui: { ...state.ui, prompt: undefined } }
  return carriedOut(closed, sceneOf(closed), entry, () => entry.run(sceneOf(closed)), press)
}

const MOVES: Readonly<Record<string, 1 | -1>> = { j: 1, Down: 1, k: -1, Up: -1 }

/** The one of so many rows that the cursor is on, and where a key takes it. */
const chosenAt = (at: number, rows: number): number => Math.max(0, Math.min(at, rows - 1))

/** Enter narrows the list down to the kind that was chosen; `R` and `X` ask about all of it. */
function inGroups(state: State, prompt: GroupsPrompt, press: KeyPress): Outcome {
  const scene = sceneOf(state)
  const groups = groupsShown(scene)?.rows ?? []
  const at = chosenAt(prompt.at, groups.length)
  const by = MOVES[press.key]
  if (by !== undefined) return outcome(state, { prompt: { ...prompt, at: chosenAt(at + by, groups.length) } })
  if (press.key === 'Esc' || press.key === 'q' || press.key === 'b')
    return outcome(state, { prompt: undefined }, REFRESH)
  const chosen = groups[at]
  if (chosen === undefined) return outcome(state, {})
  const closed: State = { ...state, ui: { ...state.ui, prompt: undefined } }
  if (press.key === 'R' || press.key === 'X') {
    const ask = (): Step => askAboutGroup(scene, chosen, press.key === 'R' ? 'replay' : 'purge')
    return carriedOut(closed, scene, { isChange: true }, ask, press)
  }
  if (press.key !== 'Enter') return outcome(state, {})
  if (chosen.filter === undefined)
    return carriedOut(state, scene, {}, () => askAboutGroup(scene, chosen, 'replay'), press)
  const list = currentList(state.ui)
  const narrowed = { ...withFilter(state.ui.lists[list], chosen.filter), key: undefined, index: 0 }
  const filters = withEarlier(state.ui.filters, chosen.filter)
  return outcome(state, { prompt: undefined, filters, ...withList(state.ui, list, narrowed) }, REFRESH)
}

/** Which of several operations is to be paused or ended. */
function inOperations(state: State, prompt: OperationsPrompt, press: KeyPress): Outcome {
  const scene = sceneOf(state)
  const open = openOperations(scene)
  const at = chosenAt(prompt.at, open.length)
  const by = MOVES[press.key]
  if (by !== undefined) return outcome(state, { prompt: { ...prompt, at: chosenAt(at + by, open.length) } })
  const chosen = open[at]
  const closed: State = { ...state, ui: { ...state.ui, prompt: undefined } }
  if (press.key !== 'Enter' || chosen === undefined)
    return press.key === 'Esc' || press.key === 'q' || chosen === undefined ? outcome(closed, {}) : outcome(state, {})
  return carriedOut(closed, scene, { isChange: true }, () => ({ ask: steerPlan(chosen, prompt.steering) }), press)
}

function inMenu(state: State, prompt: MenuPrompt, press: KeyPress): Outcome {
  const item = prompt.items.find(({ key }) => key === press.key)
  return outcome(state, { prompt: undefined, flash: undefined }, item === undefined ? [] : [item.effect])
}

/** What a key does to the line that is being typed. */
export function typed(state: State, prompt: Prompt, press: KeyPress): Outcome {
  switch (prompt.kind) {
    case 'filter':
      return inFilter(state, prompt, press)
    case 'command':
      return inCommand(state, prompt, press)
    case 'palette':
      return inPalette(state, prompt, press)
    case 'groups':
      return inGroups(state, prompt, press)
    case 'operations':
      return inOperations(state, prompt, press)
    case 'menu':
      return inMenu(state, prompt, press)
  }
}

/** Pasted text, made one line, put in at the cursor. */
export function pastedInto(
  state: State,
  prompt: Exclude<Prompt, MenuPrompt | GroupsPrompt | OperationsPrompt>,
  text: string,
): Outcome {
  const edit = typeInto(prompt.edit, text.replaceAll(/\s+/g, ' ').trim())
  if (prompt.kind === 'filter') return edited(state, prompt, edit)
  return outcome(state, { prompt: { ...prompt, edit } })
}
