import type { Step } from '../keys/binding.ts'
import type { GroupRow } from '../source/group-rows.ts'
import type { Scene } from '../state/scene.ts'
import { currentList } from '../state/state.ts'
import { say } from '../text/safe.ts'
import { viewOf } from './views.ts'

/** The kinds of dead tasks of the list that is shown; undefined until they were read. */
export function groupsShown(scene: Scene): { readonly rows: readonly GroupRow[]; readonly total: number } | undefined {
  const dead = viewOf(currentList(scene.ui)).dead?.(scene)
  const { groups } = scene.data
  return dead === undefined || groups === undefined || groups.queue !== dead.queue
    ? undefined
    : { rows: groups.rows, total: dead.total }
}

/** Asks about all tasks of a kind. */
export function askAboutGroup(scene: Scene, { filter, queues }: GroupRow, verb: 'replay' | 'purge'): Step {
  if (filter === undefined)
    return { say: { text: say`these are of many kinds: no filter finds them all`, tone: 'warn' } }
  return { effects: [{ kind: 'collect', verb, queues, states: ['dead'], filter, beforeMs: scene.seenMs }] }
}
