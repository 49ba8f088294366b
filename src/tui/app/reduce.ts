import type { Data } from '../source/data.ts'
import { settle, withoutMarks } from '../state/list.ts'
import { sceneOf } from '../state/scene.ts'
import { withEntry } from '../state/log.ts'
import { type Job, type Size, type State, type Ui, currentList, wholeSecond } from '../state/state.ts'
import type { Plan } from '../state/plan.ts'
import type { MenuPrompt } from '../state/prompt.ts'
import { LIST_IDS, type ListId } from '../state/view-names.ts'
import { say } from '../text/safe.ts'
import { withList } from '../views/go.ts'
import { viewOf } from '../views/views.ts'
import type { Result } from './result.ts'
import { pasted, pressed } from './dispatch.ts'
import { type KeyPress, type Outcome, dialogOf, flash } from './steps.ts'

/** Everything that can happen to the console. */
export type Happening =
  | ({ readonly kind: 'key' } & KeyPress)
  | { readonly kind: 'paste'; readonly text: string; readonly atMs: number }
  | { readonly kind: 'data'; readonly data: Data; readonly atMs: number }
  | { readonly kind: 'tick'; readonly atMs: number }
  | { readonly kind: 'resize'; readonly size: Size }
  /** A question whose facts had to be collected first. */
  | { readonly kind: 'ask'; readonly plan: Plan; readonly atMs: number }
  /** Something went wrong that a key more can mend. */
  | { readonly kind: 'menu'; readonly prompt: MenuPrompt }
  | { readonly kind: 'job'; readonly job: Job | undefined }
  | { readonly kind: 'changed'; readonly result: Result; readonly atMs: number }

const MOST_CHANGES = 20

const withUi = (state: State, ui: Partial<Ui>): State => ({ ...state, ui: { ...state.ui, ...ui } })

/** After new data, another size or another filter: the cursor on a row that is there, and in sight. */
function settled(state: State): State {
  const scene = sceneOf(state)
  const view = viewOf(currentList(state.ui))
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

const withoutActed = (lists: Ui['lists'], acted: readonly string[]): Ui['lists'] =>
  Object.fromEntries(LIST_IDS.map((id) => [id, withoutMarks(lists[id], acted)])) as Record<ListId, Ui['lists'][ListId]>

/** The connection came or went: a line in the log, and nothing is armed any more once it is gone. */
function linked(state: State, { link }: Data, atMs: number): State {
  const before = state.data.link.kind
  if (link.kind === before || link.kind === 'opening') return state
  const text = link.kind === 'up' ? (before === 'down' ? say`back again` : say`connected`) : say`lost: ${link.reason}`
  const log = withEntry(state.ui.log, { atMs, kind: 'link', text, tone: link.kind === 'up' ? 'good' : 'bad' })
  return withUi(state, link.kind === 'down' ? { log, armed: undefined } : { log })
}

function changed(state: State, result: Result, atMs: number): State {
  const { ui } = state
  const kept = result.undone === undefined ? ui.changes : ui.changes.filter((change) => change !== result.undone)
  const changes = result.change === undefined ? kept : [...kept, result.change].slice(-MOST_CHANGES)
  const log = withEntry(ui.log, { atMs, kind: 'done', text: result.text, tone: result.tone })
  const lists = result.acted === undefined ? ui.lists : withoutActed(ui.lists, result.acted)
  const job = result.isAside === true ? ui.job : undefined
  const { flash: said } = flash(result.text, atMs, result.tone)
  return withUi(state, { changes, lists, log, job, flash: said && { ...said, isResult: true } })
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
        state: settled(
          withoutOldFlash(
            atSecond({ ...linked(state, event.data, event.atMs), data: event.data }, event.atMs),
            event.atMs,
          ),
        ),
        effects: [],
      }
    case 'tick':
      return { state: withoutOldFlash(atSecond(state, event.atMs), event.atMs), effects: [] }
    case 'resize':
      return { state: settled(withUi(state, { size: event.size })), effects: [] }
    case 'ask':
      return { state: asked(state, event.plan, event.atMs), effects: [] }
    case 'menu':
      return { state: withUi(state, { prompt: event.prompt }), effects: [] }
    case 'job':
      return { state: withUi(state, { job: event.job }), effects: [] }
    case 'changed':
      return { state: changed(state, event.result, event.atMs), effects: [] }
  }
}
