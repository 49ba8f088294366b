import { TOO_OLD_TO_ACT_MS, ageMs } from '../source/data.ts'
import type { Binding, Effect, Step } from '../keys/binding.ts'
import { helpLength } from '../keys/help.ts'
import { withBackup } from '../state/backup-choice.ts'
import { EMPTY_EDIT } from '../state/edit.ts'
import type { Plan } from '../state/plan.ts'
import type { Scene } from '../state/scene.ts'
import type { Dialog, Screen, State, Ui } from '../state/state.ts'
import { clampScroll } from '../state/text-pane.ts'
import { type Safe, say } from '../text/safe.ts'
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
const MOST_PAST = 50

export const outcome = (state: State, ui: Partial<Ui>, effects: readonly Effect[] = []): Outcome => ({
  state: { ...state, ui: { ...state.ui, ...ui } },
  effects,
})

export const flash = (text: Safe, atMs: number, tone: NonNullable<Step['say']>['tone'] = 'plain'): Partial<Ui> => ({
  flash: { text, tone, untilMs: atMs + FLASH_MS },
})

export const dialogOf = (plan: Plan, chunk: number, atMs: number): Dialog => ({
  plan: withBackup(plan),
  typed: EMPTY_EDIT,
  armedAtMs: atMs + GUARD_MS,
  chunk,
})

/** Why nothing may be changed now; undefined: it may. */
export function whyNot({ state, ui, nowMs, canChange }: Scene): Safe | undefined {
  if (!canChange) return say`read-only: :write allows changes for 10 minutes`
  if (state.data.link.kind !== 'up') return say`not connected: nothing can be changed now`
  if (ageMs(state.data, nowMs) > TOO_OLD_TO_ACT_MS) return say`what is shown is too old to act on: Ctrl-r reads it anew`
  if (ui.frozen !== undefined) return say`the screen is frozen: F lets it go on`
  if (ui.job !== undefined) return say`one change at a time: the last one still runs`
  return undefined
}

function scrolled(scene: Scene, scroll: NonNullable<Step['scroll']>): Partial<Ui> {
  const { screen, ui, layout } = scene
  if (screen.kind !== 'task' && screen.kind !== 'help') return {}
  const page = layout.bodyRows - 1
  const length = screen.kind === 'task' ? taskLength(scene) : helpLength(scene)
  const to = scroll(clampScroll(screen.scroll, length, page), page)
  return { stack: [...ui.stack.slice(0, -1), { ...screen, scroll: clampScroll(to, length, page) }] }
}

/** Two screens between which somebody would want to go back and forth. */
const placeOf = (stack: readonly Screen[]): string =>
  stack
    .map((one) =>
      one.kind === 'view'
        ? one.view
        : one.kind === 'queue'
          ? `queue ${one.queue} ${one.tab}`
          : one.kind === 'runs'
            ? `runs ${one.schedule}`
            : one.kind,
    )
    .join('/')

/** Where one was is kept when a step leads elsewhere, except by a step through what was kept. */
function remembered({ stack, past }: Ui, { ui }: Step): Partial<Ui> {
  if (ui?.stack === undefined || ui.past !== undefined || placeOf(ui.stack) === placeOf(stack)) return {}
  return { past: [...past, stack].slice(-MOST_PAST), future: [] }
}

export function applied(state: State, scene: Scene, step: Step, press: KeyPress): Outcome {
  const ui: Partial<Ui> = {
    flash: undefined,
    ...remembered(state.ui, step),
    ...step.ui,
    ...(step.scroll === undefined ? {} : scrolled(scene, step.scroll)),
    ...(step.ask === undefined ? {} : { dialog: dialogOf(step.ask, press.chunk, press.atMs) }),
    ...(step.say === undefined ? {} : flash(step.say.text, press.atMs, step.say.tone)),
  }
  return outcome(state, ui, step.effects)
}

/** What a key or a command of the registry does, unless it changes something and nothing may be changed now. */
export function carriedOut(
  state: State,
  scene: Scene,
  { isChange }: Pick<Binding, 'isChange'>,
  run: () => Step,
  press: KeyPress,
): Outcome {
  const refusal = isChange === undefined ? undefined : whyNot(scene)
  if (refusal !== undefined) return outcome(state, flash(refusal, press.atMs, 'warn'))
  return applied(state, scene, run(), press)
}
