import type { Binding } from '../../../src/tui/keys/binding.ts'
import { GLOBAL_BINDINGS } from '../../../src/tui/keys/global.ts'
import { HANDING_BINDINGS, TASK_HANDING } from '../../../src/tui/keys/handing.ts'
import { COMMANDS } from '../../../src/tui/keys/commands.ts'
import { LIST_BINDINGS } from '../../../src/tui/keys/lists.ts'
import { TEXT_BINDINGS } from '../../../src/tui/keys/texts.ts'
import { TASK_BINDINGS } from '../../../src/tui/views/task.ts'
import { queueDetail } from '../../../src/tui/views/queue.ts'
import { runs } from '../../../src/tui/views/runs.ts'
import { VIEWS } from '../../../src/tui/views/views.ts'

const GROUPS: readonly (readonly [string, readonly Binding[]])[] = [
  ['everywhere', GLOBAL_BINDINGS],
  ['lists', [...LIST_BINDINGS, ...HANDING_BINDINGS]],
  ['task and help', TEXT_BINDINGS],
  ...VIEWS.map(({ title, bindings }) => [title, bindings] as const),
  [queueDetail.title, queueDetail.bindings],
  [runs.title, runs.bindings],
  ['task', [...TASK_BINDINGS, ...TASK_HANDING]],
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

/** The table of commands, out of the same registry that completion, palette and dispatch use. */
export function commandTable(): string {
  const rows = COMMANDS.map(({ name, aliases = [], takes, help, isChange }) => {
    const names = [name, ...aliases].map((one) => `\`:${one}\``).join(', ')
    return `| ${names} | ${takes === undefined ? '' : `\`${takes}\``} | ${help}${isChange ? ' (changes)' : ''} |`
  })
  return ['| command | takes | what it does |', '|---|---|---|', ...rows].join('\n')
}
