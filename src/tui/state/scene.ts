import { type Data, ageMs, isFresh } from '../source/data.ts'
import { type Layout, layoutOf } from './layout.ts'
import { type Screen, type State, type Ui, topScreen } from './state.ts'

/** Everything a view needs to draw itself, and a key to act: the state, and what follows from it. */
export interface Scene {
  readonly state: State
  readonly ui: Ui
  /** What is shown: of now, or of when it was frozen. */
  readonly data: Data
  readonly screen: Screen
  readonly layout: Layout
  readonly columns: number
  /** By our clock. */
  readonly nowMs: number
  /** By Redis's clock, which its data is told by; never beyond what was read when that is old. */
  readonly redisNowMs: number
  /** When what is shown was read, by Redis's clock: what came later is on no screen yet. */
  readonly seenMs: number
  /** Whether changes are allowed at all. */
  readonly canChange: boolean
  /** False: ages and countdowns stand still, and nothing may be changed. */
  readonly isFresh: boolean
}

/** Whether the time for changes has not run out. */
export const isArmed = ({ untilMs, idleMs }: NonNullable<Ui['armed']>, nowMs: number): boolean =>
  nowMs < Math.min(untilMs, idleMs)

export function sceneOf(state: State): Scene {
  const { ui } = state
  const data = ui.frozen?.data ?? state.data
  const nowMs = ui.frozen === undefined ? state.nowMs : ui.frozen.atMs
  const fresh = isFresh(state.data, state.nowMs, ui.intervalMs)
  const seenMs = fresh ? nowMs : nowMs - ageMs(data, nowMs)
  return {
    state,
    ui,
    data,
    screen: topScreen(ui),
    layout: layoutOf(ui.size),
    columns: ui.size.columns,
    nowMs: state.nowMs,
    redisNowMs: Number.isFinite(seenMs) ? seenMs + data.skewMs : nowMs,
    seenMs: Math.ceil((data.readAtMs ?? nowMs) + data.skewMs),
    canChange: !state.about.isReadOnly || (ui.armed !== undefined && isArmed(ui.armed, state.nowMs)),
    isFresh: fresh,
  }
}
