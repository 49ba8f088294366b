import { type Safe, say } from '../text/safe.ts'
import type { Scene } from '../state/scene.ts'
import { currentList } from '../state/state.ts'
import { viewOf } from '../views/views.ts'
import { TASK_BINDINGS } from '../views/task.ts'
import type { Binding } from './binding.ts'
import { GLOBAL_BINDINGS } from './global.ts'
import { HANDING_BINDINGS, TASK_HANDING } from './handing.ts'
import { LIST_BINDINGS } from './lists.ts'
import { TEXT_BINDINGS } from './texts.ts'

export interface Section {
  readonly title: Safe
  readonly bindings: readonly Binding[]
}

/** The rows that count on this screen, those of the screen itself first; the first one that knows a key has it. */
export function sectionsFor(scene: Scene): readonly Section[] {
  const everywhere = { title: say`Everywhere`, bindings: GLOBAL_BINDINGS }
  if (scene.screen.kind === 'help') return [{ title: say`Help`, bindings: TEXT_BINDINGS }, everywhere]
  if (scene.screen.kind === 'task')
    return [
      { title: say`Task`, bindings: [...TASK_BINDINGS, ...TASK_HANDING] },
      { title: say`Text`, bindings: TEXT_BINDINGS },
      everywhere,
    ]
  const view = viewOf(currentList(scene.ui))
  const lists = [...LIST_BINDINGS, ...HANDING_BINDINGS].filter(({ when }) => when === undefined || when(view))
  return [{ title: view.title, bindings: view.bindings }, { title: say`Lists`, bindings: lists }, everywhere]
}

export const bindingFor = (scene: Scene, key: string): Binding | undefined =>
  sectionsFor(scene)
    .flatMap(({ bindings }) => bindings)
    .find(({ keys }) => keys.includes(key))

/** What the last row says of the keys: looking first, and nothing that would be refused. */
export function hintsFor(scene: Scene): readonly Binding[] {
  const all = sectionsFor(scene).flatMap(({ bindings }) => bindings)
  const isRefused = ({ isChange }: Binding): boolean => isChange === true && !scene.canChange
  return all.filter((binding) => binding.hint !== undefined && !isRefused(binding) && binding.isIdle?.(scene) !== true)
}
