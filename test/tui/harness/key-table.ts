import type { Binding } from '../../../src/tui/keys/binding.ts'
import { GLOBAL_BINDINGS } from '../../../src/tui/keys/global.ts'
import { LIST_BINDINGS } from '../../../src/tui/keys/lists.ts'
import { TEXT_BINDINGS } from '../../../src/tui/keys/texts.ts'
import { TASK_BINDINGS } from '../../../src/tui/views/task.ts'
import { VIEWS } from '../../../src/tui/views/views.ts'

const GROUPS: readonly (readonly [string, readonly Binding[]])[] = [
  ['everywhere', GLOBAL_BINDINGS],
  ['lists', LIST_BINDINGS],
  ['task and help', TEXT_BINDINGS],
  ...VIEWS.map(({ title, bindings }) => [title, bindings] as const),
  ['task', TASK_BINDINGS],
]

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*')

/** The key table of `docs/CONSOLE.md`, out of the registry. */
export function keyTable(): string {
  const rows = GROUPS.flatMap(([where, bindings]) =>
    bindings.map(
      ({ shows, help, isChange }) => `| ${where} | \`${shows}\`${isChange ? ' (changes)' : ''} | ${cell(help)} |`,
    ),
  )
  return ['| where | key | what it does |', '|---|---|---|', ...rows].join('\n')
}
