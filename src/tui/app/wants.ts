import type { Wants } from '../source/reader.ts'
import { sceneOf } from '../state/scene.ts'
import { type State, currentList, isList } from '../state/state.ts'
import { viewOf } from '../views/views.ts'

/** Enough for the findings and for the first screen. */
const LEASES_ALWAYS = 30

/** What to read for the screen of now, besides the counts that every screen shows. */
export function wantsOf(state: State): Wants {
  const scene = sceneOf(state)
  const { screen } = scene
  const extra = isList(screen) ? viewOf(currentList(state.ui)).wants(scene) : {}
  return {
    leases: LEASES_ALWAYS,
    history: false,
    dead: undefined,
    tasks: undefined,
    groups: undefined,
    operations: false,
    audit: false,
    causes: false,
    schedules: false,
    runs: undefined,
    task: screen.kind === 'task' ? screen.ref : undefined,
    ...extra,
  }
}
