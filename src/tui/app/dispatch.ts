import { bindingFor } from '../keys/registry.ts'
import { otherBackup } from '../state/backup-choice.ts'
import { EMPTY_EDIT, editKey } from '../state/edit.ts'
import { layoutOf } from '../state/layout.ts'
import { otherRate } from '../state/operation-plans.ts'
import type { Plan } from '../state/plan.ts'
import { isArmed, sceneOf } from '../state/scene.ts'
import type { Dialog, State, Ui } from '../state/state.ts'
import { say } from '../text/safe.ts'
import { type KeyPress, type Outcome, carriedOut, flash, outcome, whyNot } from './steps.ts'
import { pastedInto, typed } from './typing.ts'

const NO_KEYS = new Set(['n', 'N', 'Enter', 'Esc', 'q'])

const SLOW_PER_SECOND = 10

/** The same, so many a second; or at full speed again. */
function slower(plan: Plan): Plan {
  const { act } = plan
  if (!('sets' in act)) return plan
  const { perSecond, ...fast } = act
  const isSlow = perSecond !== undefined
  const facts = plan.facts.filter(([label]) => label !== 'slow')
  if (isSlow) return { ...plan, act: fast, facts }
  const fact = [say`slow`, say`${SLOW_PER_SECOND} a second; s: at full speed`] as const
  return { ...plan, act: { ...fast, perSecond: SLOW_PER_SECOND }, facts: [...facts, fact] }
}

const isBackupAsked = ({ facts }: Plan): boolean => facts.some(([label]) => label === 'backup')

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
    // No phrase begins with them.
    if (press.key === 's' && dialog.typed.text === '' && plan.act.kind === 'operate')
      return outcome(state, { dialog: { ...dialog, plan: otherRate(plan) } })
    if (press.key === 'b' && dialog.typed.text === '' && isBackupAsked(plan))
      return outcome(state, { dialog: { ...dialog, plan: otherBackup(plan) } })
    return outcome(state, { dialog: { ...dialog, typed: editKey(dialog.typed, press.key) }, flash: undefined })
  }
  if (press.key === 'y') return confirmed(state, plan, press)
  if (plan.tier === 2 && 'sets' in plan.act) {
    if (press.key === 'd') return outcome(state, {}, [{ kind: 'dry-run', plan }])
    if (press.key === 'b' && isBackupAsked(plan))
      return outcome(state, { dialog: { ...dialog, plan: otherBackup(plan) } })
    if (press.key === 's' && plan.act.kind === 'replay')
      return outcome(state, { dialog: { ...dialog, plan: slower(plan) } })
  }
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

/**
 * Ctrl-C leaves what is in hand, one thing at a time: a change that runs, a question, a line that is typed. Only then it
 * quits, and not while the last row tells what came of a change: it may have been meant for that.
 */
function interrupted(state: State, press: KeyPress): Outcome {
  const { job, dialog, prompt, flash: said } = state.ui
  if (job !== undefined && !job.isStopping)
    return outcome(state, { job: { ...job, isStopping: true } }, [{ kind: 'stop-job' }])
  if (dialog !== undefined) return outcome(state, { dialog: undefined })
  if (prompt !== undefined) return typed(state, prompt, { ...press, key: 'Esc' })
  if (said?.isResult === true && press.atMs < said.untilMs)
    return outcome(state, flash(say`Ctrl-c again quits; what was done: ${said.text}`, press.atMs, said.tone))
  return outcome(state, {}, [{ kind: 'quit' }])
}

/** Five minutes without a key end what `:write` allowed. */
const IDLE_MS = 300_000

function stillArmed(state: State, atMs: number): State {
  const { armed } = state.ui
  if (armed === undefined) return state
  const next = isArmed(armed, atMs) ? { ...armed, idleMs: atMs + IDLE_MS } : undefined
  return { ...state, ui: { ...state.ui, armed: next } }
}

/** What a key means now: to the question, else to the line being typed, else by the registry. */
export function pressed(before: State, press: KeyPress): Outcome {
  const state = stillArmed(before, press.atMs)
  const { dialog, prompt } = state.ui
  if (press.key === 'C-c') return interrupted(state, press)
  // Nobody answers a question that cannot be seen.
  if (layoutOf(state.ui.size).isTooSmall) return outcome(state, {}, press.key === 'q' ? [{ kind: 'quit' }] : [])
  if (press.key === 'C-l') return outcome(state, {}, [{ kind: 'repaint' }])
  if (dialog !== undefined) return answer(state, dialog, press)
  if (prompt !== undefined) return typed(state, prompt, press)
  const scene = sceneOf(state)
  const binding = bindingFor(scene, press.key)
  if (binding === undefined) return outcome(state, { flash: undefined })
  return carriedOut(state, scene, binding, () => binding.run(scene, press.key), press)
}

/** Pasted text is typed into the line that is being typed; it answers no question and presses no key. */
export function pasted(state: State, text: string, atMs: number): Outcome {
  const { prompt, dialog } = state.ui
  if (
    dialog === undefined &&
    prompt !== undefined &&
    prompt.kind !== 'menu' &&
    prompt.kind !== 'groups' &&
    prompt.kind !== 'operations'
  )
    return pastedInto(state, prompt, text)
  const refusal =
    dialog?.plan.phrase === undefined ? say`a paste is ignored here` : say`the phrase is to be typed, not pasted`
  return outcome(state, flash(refusal, atMs, 'warn'))
}
