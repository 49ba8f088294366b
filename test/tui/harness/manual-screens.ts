/** The screens of `docs/CONSOLE.md`, by title, and the golden each of them is. */
export const MANUAL_SCREENS: Readonly<Record<string, string>> = {
  Overview: 'overview',
  Queues: 'queues',
  Queue: 'queue-pending',
  Leases: 'leases',
  DLQ: 'dlq',
  Workers: 'workers',
  Schedules: 'schedules',
  Runs: 'runs',
  Delayed: 'delayed',
  Activity: 'activity',
  Task: 'task',
  'A filter': 'filter',
  'A filter that cannot be read': 'filter-wrong',
  'By error': 'groups',
  'Bulk operations': 'operations',
  'A command': 'command',
  'The palette': 'palette',
  'Before a replay': 'ask-replay',
  'Before a replay of everything': 'ask-replay-all',
  'Before a purge': 'ask-purge',
  'Before a cancel': 'ask-cancel',
  Help: 'help',
}

/** One screen as the manual has it. */
export const manualScreen = (title: string, size: string, golden: string): string =>
  `### ${title}, ${size}\n\n\`\`\`text\n${golden}\`\`\`\n`

/** The screens of the manual's situations, and the keys that lead to them from the first one. */
export const WALKS = {
  wrong: [],
  'error-groups': ['4', 'b'],
  'error-task': ['4', 'b', 'Enter', 'Enter'],
  'replay-filter': ['j', 'j', 'j', 'Enter', '/', ' age<1h', 'Enter', '*'],
  'replay-question': ['j', 'j', 'j', 'Enter', '/', ' age<1h', 'Enter', '*', 'R'],
  'undo-question': ['4', ' ', ' ', 'D', 'd', 'e', 'l', 'e', 't', 'e', ' ', '2', 'Enter', 'U'],
  'holder-lease': ['3', 'j'],
  'stop-question': ['2', 'P'],
  'stop-paused': ['2', 'P', 'y'],
  'sick-worker': ['j', 'Enter'],
  'sick-question': ['j', 'Enter', 'W'],
} as const satisfies Readonly<Record<string, readonly string[]>>
