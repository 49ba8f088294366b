import type { Scene } from '../state/scene.ts'
import { COMMAND } from '../state/prompt.ts'
import { editOf } from '../state/edit.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { Step } from './binding.ts'
import { COMMANDS } from './commands.ts'
import { sectionsFor } from './registry.ts'

/** Something that can be done here, with the keys that do it. */
export interface PaletteEntry {
  readonly keys: Safe
  readonly help: Safe
  readonly isChange?: true
  readonly run: (scene: Scene) => Step
}

function all(scene: Scene): readonly PaletteEntry[] {
  // A row of several keys is about a direction, and those are pressed faster than they are found.
  const ofKeys = sectionsFor(scene)
    .flatMap(({ bindings }) => bindings)
    .filter(({ keys }) => keys.length === 1 && keys[0] !== 'C-p')
    .map(({ shows, help, isChange, keys, run }): PaletteEntry => {
      const entry = { keys: shows, help, run: (now: Scene) => run(now, keys[0]!) }
      return isChange === undefined ? entry : { ...entry, isChange }
    })
  const ofCommands = COMMANDS.map(({ name, takes, help, isChange, run }): PaletteEntry => {
    const keys = takes === undefined ? say`:${safeLine(name)}` : say`:${safeLine(name)} ${takes}`
    const needsMore = takes !== undefined && !takes.startsWith('[')
    const open: Step = { ui: { prompt: { ...COMMAND, edit: editOf(`${name} `) } } }
    const entry = { keys, help, run: (now: Scene) => (needsMore ? open : run(now, '')) }
    return isChange === undefined || needsMore ? entry : { ...entry, isChange }
  })
  return [...ofKeys, ...ofCommands]
}

/** What contains every word that was typed; what begins so first. */
export function paletteFor(scene: Scene, text: string): readonly PaletteEntry[] {
  const words = text
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '')
  const textOf = ({ keys, help }: PaletteEntry): string => `${help} ${keys}`.toLowerCase()
  const found = all(scene).filter((entry) => words.every((word) => textOf(entry).includes(word)))
  const [first = ''] = words
  return first === '' ? found : found.toSorted((a, b) => rank(b, first) - rank(a, first))
}

const rank = ({ keys, help }: PaletteEntry, word: string): number =>
  help.toLowerCase().startsWith(word) || keys.toLowerCase().startsWith(`:${word}`) ? 1 : 0
