import type { Command } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { plural, say } from '../text.ts'
import { QUEUE } from './options.ts'

export const undo: Command = {
  name: 'undo',
  takes: '[ids..]',
  about: 'Take a purge back: the newest one of a queue, the one that --operation names, or some ids',
  options: { queue: QUEUE, operation: { about: 'the purge, as it named itself', value: 'text' } },
  async run({ args, screen, open }) {
    const operation = args.text('operation')
    const ids = args.positional.length > 0 ? args.positional : undefined
    if (ids !== undefined && operation !== undefined) throw new UsageError('give ids or --operation, not both')
    const named = args.name('queue')
    const { inspector, operator } = await open()
    const queues = await queuesOf(inspector, named)
    if (ids === undefined && operation === undefined && queues.length > 1)
      throw new UsageError(`say which purge: --operation, or --queue for its newest (${queues.join(', ')})`)
    const restored: string[] = []
    for (const queue of queues) restored.push(...(await operator.undo(queue, { ids, operation })).restored)
    const missing = ids?.filter((id) => !restored.includes(id)) ?? []
    if (screen.json) screen.printJson({ restored: restored.length, skipped: missing.length })
    else {
      screen.print(`took back ${plural(restored.length, 'task')}`)
      for (const id of missing) screen.note(say`${id} is not in the trash`)
      if (restored.length === 0 && ids === undefined)
        screen.note('there is nothing to take back in the trash, which keeps what was purged for 15 minutes')
    }
    return restored.length > 0 && missing.length === 0 ? EXIT.ok : EXIT.failed
  },
}
