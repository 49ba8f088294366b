import type { Data } from '../source/data.ts'
import { settle, withoutMarks } from '../state/list.ts'
import { sceneOf } from '../state/scene.ts'
import { type Job, type Size, type State, type Ui, currentView, wholeSecond } from '../state/state.ts'
import type { Plan } from '../state/plan.ts'
import { say } from '../text/safe.ts'
import { withList } from '../views/go.ts'
import { viewOf } from '../views/views.ts'
import type { Result } from './result.ts'
import { type KeyPress, type Outcome, dialogOf, flash, pasted, pressed } from './dispatch.ts'

/** Everything that can happen to the console. */
export type Happening =
  | ({ readonly kind: 'key' } & KeyPress)
  | { readonly kind: 'paste'; readonly text: string; readonly atMs: number }
  | { readonly kind: 'data'; readonly data: Data; readonly atMs: number }
  | { readonly kind: 'tick'; readonly atMs: number }
  | { readonly kind: 'resize'; readonly size: Size }
  /** A question whose facts had to be collected first. */
  | { readonly kind: 'ask'; readonly plan: Plan; readonly atMs: number }
  | { readonly kind: 'job'; readonly job: Job | undefined }
  | { readonly kind: 'changed'; readonly result: Result; readonly atMs: number }

const MOST_CHANGES = 20

const withUi = (state: State, ui: Partial<Ui>): State => ({ ...state, ui: { ...state.ui, ...ui } })

/** After new data, another size or another filter: the cursor on a row that is there, and in sight. */
function settled(state: State): State {
  const scene = sceneOf(state)
  const view = viewOf(currentView(state.ui))
  const list = state.ui.lists[view.id]
  const next = settle(list, view.keys(scene), view.height(scene))
  return next === list ? state : withUi(state, withList(state.ui, view.id, next))
}

const withoutOldFlash = (state: State, atMs: number): State =>
  state.ui.flash !== undefined && state.ui.flash.untilMs <= atMs ? withUi(state, { flash: undefined }) : state

const atSecond = (state: State, atMs: number): State => {
  const nowMs = wholeSecond(atMs)
  return nowMs === state.nowMs ? state : { ...state, nowMs }
}

function changed(state: State, result: Result, atMs: number): State {
  const { ui } = state
  const kept = result.undone === undefined ? ui.changes : ui.changes.filter((change) => change !== result.undone)
  const changes = result.change === undefined ? kept : [...kept, result.change].slice(-MOST_CHANGES)
  const marks = result.acted === undefined ? {} : withList(ui, 'dlq', withoutMarks(ui.lists.dlq, result.acted))
  return withUi(state, { changes, job: undefined, ...marks, ...flash(result.text, atMs, result.tone) })
}

/** Collected meanwhile: another question stands there, or another change runs. */
const asked = (state: State, plan: Plan, atMs: number): State =>
  state.ui.dialog === undefined
    ? withUi(state, { dialog: dialogOf(plan, -1, atMs), job: undefined })
    : withUi(state, { job: undefined, ...flash(say`another question stood there: not asked`, atMs, 'warn') })

/** The next state, and what is to be done besides. Pure: the same state and happening give the same outcome. */
export function reduce(state: State, event: Happening): Outcome {
  switch (event.kind) {
    case 'key': {
      const { state: next, effects } = pressed(state, event)
      return { state: settled(next), effects }
    }
    case 'paste': {
      const { state: next, effects } = pasted(state, event.text, event.atMs)
      return { state: settled(next), effects }
    }
    case 'data':
      return {
        state: settled(withoutOldFlash(atSecond({ ...state, data: event.data }, event.atMs), event.atMs)),
        effects: [],
      }
    case 'tick':
      return { state: withoutOldFlash(atSecond(state, event.atMs), event.atMs), effects: [] }
    case 'resize':
      return { state: settled(withUi(state, { size: event.size })), effects: [] }
    case 'ask':
      return { state: asked(state, event.plan, event.atMs), effects: [] }
    case 'job':
      return { state: withUi(state, { job: event.job }), effects: [] }
    case 'changed':
      return { state: changed(state, event.result, event.atMs), effects: [] }
  }
}
