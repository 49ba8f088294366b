import type { CancelOutcome } from '../../core/client.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { placeTasks } from '../placing.ts'
import { say } from '../text.ts'
import { QUEUE } from './options.ts'

const MEANING: Readonly<Record<CancelOutcome, string>> = {
  cancelled: 'cancelled',
  requested: 'runs now and is asked to stop',
  final: 'had ended already',
  not_found: 'is not known',
}

export const cancel: Command = {
  name: 'cancel',
  takes: '<ids..>',
  about: 'Cancel tasks that have not ended; one that runs is asked to stop',
  options: { queue: { ...QUEUE, about: 'look in this queue only' } },
  async run({ args, screen, open }) {
    const queue = args.name('queue')
    const { inspector, operator } = await open()
    const { byQueue } = await placeTasks(inspector, args.positional, queue)
    const outcomes = new Map<string, CancelOutcome>()
    for (const [name, ids] of byQueue) {
      const words = await operator.cancel(name, ids)
      ids.forEach((id, i) => outcomes.set(id, words[i] ?? 'not_found'))
    }
    const rows = [...new Set(args.positional)].map((id) => ({ id, outcome: outcomes.get(id) ?? 'not_found' }))
    if (screen.json) screen.printJson(rows)
    else for (const { id, outcome } of rows) screen.print(say`${id} ${MEANING[outcome]}`)
    return rows.every(({ outcome }) => outcome === 'cancelled' || outcome === 'requested') ? EXIT.ok : EXIT.failed
  },
}
