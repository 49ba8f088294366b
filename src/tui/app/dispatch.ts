import { TOO_OLD_TO_ACT_MS, ageMs } from '../source/data.ts'
import { type Effect, type Step } from '../keys/binding.ts'
import { helpLength } from '../keys/help.ts'
import { bindingFor } from '../keys/registry.ts'
import { EMPTY_EDIT, editKey, typeInto } from '../state/edit.ts'
import { layoutOf } from '../state/layout.ts'
import type { Plan } from '../state/plan.ts'
import { type Scene, sceneOf } from '../state/scene.ts'
import { type Dialog, type State, type Ui, FIRST_SCAN } from '../state/state.ts'
import { clampScroll } from '../state/text-pane.ts'
import { type Safe, say } from '../text/safe.ts'
import { withList } from '../views/go.ts'
import { taskLength } from '../views/task.ts'

/** A key, with the burst of input it came in and when, by our clock. */
export interface KeyPress {
  readonly key: string
  readonly chunk: number
  readonly atMs: number
}

export interface Outcome {
  readonly state: State
  readonly effects: readonly Effect[]
}

const FLASH_MS = 5_000
/** Typing ahead must not answer a question that was not there yet. */
const GUARD_MS = 250

const outcome = (state: State, ui: Partial<Ui>, effects: readonly Effect[] = []): Outcome => ({
  state: { ...state, ui: { ...state.ui, ...ui } },
  effects,
})

export const flash = (text: Safe, atMs: number, tone: NonNullable<Step['say']>['tone'] = 'plain'): Partial<Ui> => ({
  flash: { text, tone, untilMs: atMs + FLASH_MS },
})

export const dialogOf = (plan: Plan, chunk: number, atMs: number): Dialog => ({
  plan,
  typed: EMPTY_EDIT,
  armedAtMs: atMs + GUARD_MS,
  chunk,
})

/** Why nothing may be changed now; undefined: it may. */
export function whyNot({ state, ui, nowMs }: Scene): Safe | undefined {
  if (state.about.isReadOnly) return say`read-only: start dq-top without --read-only to change anything`
  if (state.data.link.kind !== 'up') return say`not connected: nothing can be changed now`
  if (ageMs(state.data, nowMs) > TOO_OLD_TO_ACT_MS) return say`what is shown is too old to act on: Ctrl-r reads it anew`
  if (ui.frozen !== undefined) return say`the screen is frozen: F lets it go on`
  if (ui.job !== undefined) return say`one change at a time: the last one still runs`
  return undefined
}

function scrolled(scene: Scene, scroll: NonNullable<Step['scroll']>): Partial<Ui> {
  const { screen, ui, layout } = scene
  if (screen.kind === 'view') return {}
  const page = layout.bodyRows - 1
  const length = screen.kind === 'task' ? taskLength(scene) : helpLength(scene)
  const to = scroll(clampScroll(screen.scroll, length, page), page)
  return { stack: [...ui.stack.slice(0, -1), { ...screen, scroll: clampScroll(to, length, page) }] }
}

function applied(state: State, scene: Scene, step: Step, press: KeyPress): Outcome {
  const ui: Partial<Ui> = {
    flash: undefined,
    ...step.ui,
    ...(step.scroll === undefined ? {} : scrolled(scene, step.scroll)),
    ...(step.ask === undefined ? {} : { dialog: dialogOf(step.ask, press.chunk, press.atMs) }),
    ...(step.say === undefined ? {} : flash(step.say.text, press.atMs, step.say.tone)),
  }
  return outcome(state, ui, step.effects)
}

const NO_KEYS = new Set(['n', 'N', 'Enter', 'Esc', 'q'])

function answer(state: State, dialog: Dialog, press: KeyPress): Outcome {
  const { plan } = dialog
  const close: Partial<Ui> = { dialog: undefined }
  if (press.key === 'Esc') return outcome(state, close)
  if (press.chunk === dialog.chunk || press.atMs < dialog.armedAtMs) return outcome(state, {})
  if (plan.phrase !== undefined) {
    if (press.key === 'Enter')
      return dialog.typed.text.trim() === plan.phrase
        ? confirmed(state, plan, press)
        : notThePhrase(state, dialog, press)
    return outcome(state, { dialog: { ...dialog, typed: editKey(dialog.typed, press.key) }, flash: undefined })
  }
  if (press.key === 'y') return confirmed(state, plan, press)
  return plan.tier === 1 || NO_KEYS.has(press.key) ? outcome(state, close) : outcome(state, {})
}

const notThePhrase = (state: State, dialog: Dialog, press: KeyPress): Outcome =>
  outcome(state, {
    dialog: { ...dialog, typed: EMPTY_EDIT },
    ...flash(say`that was not the phrase`, press.atMs, 'warn'),
  })

/** The connection may have gone while the question stood there. */
function confirmed(state: State, plan: Plan, press: KeyPress): Outcome {
  const refusal = whyNot(sceneOf(state))
  if (refusal !== undefined) return outcome(state, { dialog: undefined, ...flash(refusal, press.atMs, 'warn') })
  return outcome(state, { dialog: undefined }, [{ kind: 'run', plan }])
}

function typed(state: State, prompt: NonNullable<Ui['prompt']>, press: KeyPress): Outcome {
  const { view } = prompt
  const filtered = (filter: string): Partial<Ui> => ({
    ...withList(state.ui, view, { ...state.ui.lists[view], filter, top: 0 }),
    scan: FIRST_SCAN,
  })
  const refresh: readonly Effect[] = view === 'dlq' ? [{ kind: 'refresh' }] : []
  if (press.key === 'Esc') return outcome(state, { prompt: undefined, ...filtered(prompt.before) }, refresh)
  if (press.key === 'Enter') return outcome(state, { prompt: undefined }, refresh)
  const edit = editKey(prompt.edit, press.key)
  return outcome(state, { prompt: { ...prompt, edit }, ...filtered(edit.text) }, refresh)
}

/** Ctrl-C stops a running change before it quits, whatever is on the screen. */
function interrupted(state: State): Outcome {
  const { job } = state.ui
  if (job === undefined || job.isStopping) return outcome(state, {}, [{ kind: 'quit' }])
  return outcome(state, { job: { ...job, isStopping: true } }, [{ kind: 'stop-job' }])
}

/** What a key means now: to the question, else to the line being typed, else by the registry. */
export function pressed(state: State, press: KeyPress): Outcome {
  const { dialog, prompt } = state.ui
  if (press.key === 'C-c') return interrupted(state)
  // Nobody answers a question that cannot be seen.
  if (layoutOf(state.ui.size).isTooSmall) return outcome(state, {}, press.key === 'q' ? [{ kind: 'quit' }] : [])
  if (press.key === 'C-l') return outcome(state, {}, [{ kind: 'repaint' }])
  if (dialog !== undefined) return answer(state, dialog, press)
  if (prompt !== undefined) return typed(state, prompt, press)
  const scene = sceneOf(state)
  const binding = bindingFor(scene, press.key)
  if (binding === undefined) return outcome(state, { flash: undefined })
  const refusal = binding.isChange === undefined ? undefined : whyNot(scene)
  if (refusal !== undefined) return outcome(state, flash(refusal, press.atMs, 'warn'))
  return applied(state, scene, binding.run(scene, press.key), press)
}

/** Pasted text is typed into the filter; it answers no question and presses no key. */
export function pasted(state: State, text: string, atMs: number): Outcome {
  const { prompt, dialog } = state.ui
  if (prompt === undefined || dialog !== undefined) {
    const refusal =
      dialog?.plan.phrase === undefined ? say`a paste is ignored here` : say`the phrase is to be typed, not pasted`
    return outcome(state, flash(refusal, atMs, 'warn'))
  }
  const edit = typeInto(prompt.edit, text.replaceAll(/\s+/g, ' ').trim())
  const list = { ...state.ui.lists[prompt.view], filter: edit.text, top: 0 }
  return outcome(state, { prompt: { ...prompt, edit }, ...withList(state.ui, prompt.view, list) })
}
