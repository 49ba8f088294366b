import type { Scene } from '../state/scene.ts'
import { COMMANDS, commandNamed } from './commands.ts'

/** Everything that can stand where the last word is begun. */
export function candidates(scene: Scene, text: string): readonly string[] {
  const words = text.split(' ')
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [name = ''] = before
  const all =
    before.length === 0
      ? COMMANDS.flatMap(({ name: own, aliases = [] }) => [own, ...aliases.filter((one) => one.length > 1)])
      : (commandNamed(name)?.words?.(scene, before) ?? [])
  return all.filter((word) => word.startsWith(last))
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...others] = words
  let length = first.length
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}

/** The text with its last word completed as far as it is certain. */
export function completed(scene: Scene, text: string): string {
  const found = candidates(scene, text)
  if (found.length === 0) return text
  const head = text.slice(0, text.lastIndexOf(' ') + 1)
  const word = commonStart(found)
  const isDone = found.length === 1 && /[\w.-]$/.test(word)
  return `${head}${word}${isDone ? ' ' : ''}`
}
