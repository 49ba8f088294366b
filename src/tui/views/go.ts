import type { Effect, Step } from '../keys/binding.ts'
import { type ListState, EMPTY_LIST, withFilter } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import { type Screen, type Ui } from '../state/state.ts'
import type { QueueTab } from '../state/tabs.ts'
import type { ListId, ViewId } from '../state/view-names.ts'
import type { TaskRef } from '../source/source.ts'

/** Lays a screen over the present one; Esc takes it away again. */
export const push = (ui: Ui, screen: Screen): Partial<Ui> => ({ stack: [...ui.stack, screen] })

export const withList = (ui: Ui, view: ListId, list: ListState): Partial<Ui> => ({
  lists: { ...ui.lists, [view]: list },
})

export const REFRESH: readonly Effect[] = [{ kind: 'refresh' }]

/** Opens one task, whatever its state. */
export const openTask = (scene: Scene, ref: TaskRef | undefined): Step =>
  ref === undefined ? {} : { ui: push(scene.ui, { kind: 'task', ref, scroll: 0 }), effects: REFRESH }

/** Opens a view on top of the present one, with its cursor on a row when one is named. */
export const openView = (scene: Scene, view: ViewId, key?: string): Step => ({
  ui: {
    ...push(scene.ui, { kind: 'view', view }),
    ...(key === undefined ? {} : withList(scene.ui, view, { ...scene.ui.lists[view], filter: '', key })),
  },
  effects: REFRESH,
})

/** The DLQ narrowed to one queue, or of all queues. */
export const narrowDead = (ui: Ui, queue: string | undefined): Partial<Ui> => ({
  ...withList(ui, 'dlq', { ...EMPTY_LIST, sort: ui.lists.dlq.sort }),
  deadQueue: queue,
})

/** The DLQ, of one queue or of all, narrowed down from the start when a filter is given. */
export function openDead(scene: Scene, queue: string | undefined, filter = ''): Step {
  const narrow = narrowDead(scene.ui, queue)
  const lists = { ...scene.ui.lists, ...narrow.lists }
  return {
    ui: {
      ...push(scene.ui, { kind: 'view', view: 'dlq' }),
      ...narrow,
      lists: { ...lists, dlq: withFilter(lists.dlq, filter) },
    },
    effects: REFRESH,
  }
}

/** One queue in detail. */
export const openQueue = (scene: Scene, queue: string, tab: QueueTab = 'pending', filter = ''): Step => ({
  ui: {
    ...push(scene.ui, { kind: 'queue', queue, tab }),
    ...withList(scene.ui, 'queue', withFilter(EMPTY_LIST, filter)),
  },
  effects: REFRESH,
})

/** A view with only what matches. */
export const openFiltered = (scene: Scene, view: ViewId, filter: string): Step => ({
  ui: {
    ...push(scene.ui, { kind: 'view', view }),
    ...withList(scene.ui, view, withFilter({ ...EMPTY_LIST, sort: scene.ui.lists[view].sort }, filter)),
  },
  effects: REFRESH,
})
