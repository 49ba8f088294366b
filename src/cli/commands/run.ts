import type { WordOf } from '../../core/replies.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { placeTasks } from '../placing.ts'
import { say } from '../text.ts'
import { QUEUE } from './options.ts'

const MEANING: Readonly<Record<WordOf<'hasten'>, string>> = {
  hastened: 'is in line now',
  not_waiting: 'waits for no time',
  not_found: 'is not known',
}

export const run: Command = {
  name: 'run',
  takes: '<ids..>',
  about: 'Run tasks now that wait for their time or for their next attempt',
  options: { queue: QUEUE },
  async run({ args, screen, open }) {
    const { inspector, operator } = await open()
    const { byQueue } = await placeTasks(inspector, args.positional, args.name('queue'))
    const outcomes = new Map<string, WordOf<'hasten'>>()
    for (const [queue, ids] of byQueue) {
      const words = await operator.hasten(queue, ids)
      ids.forEach((id, i) => outcomes.set(id, words[i]!))
    }
    const rows = [...new Set(args.positional)].map((id) => ({ id, outcome: outcomes.get(id) ?? 'not_found' }) as const)
    if (screen.json) screen.printJson(rows)
    else for (const { id, outcome } of rows) screen.print(say`${id} ${MEANING[outcome]}`)
    return rows.every(({ outcome }) => outcome === 'hastened') ? EXIT.ok : EXIT.failed
  },
}
