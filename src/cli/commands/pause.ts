import type { Command, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { say } from '../text.ts'

const OPTIONS = { all: { about: 'every queue that there is', switch: true } } as const

async function switchQueues({ args, screen, open }: Context, verb: 'pause' | 'resume'): Promise<number> {
  const [name] = args.positional
  const all = args.flag('all')
  if (all === (name !== undefined)) throw new UsageError(`name a queue or give --all; usage: dq ${verb} <queue>|--all`)
  const { inspector, operator } = await open()
  const rows = []
  for (const queue of await queuesOf(inspector, name)) rows.push({ queue, outcome: await operator[verb](queue) })
  if (screen.json) screen.printJson(rows)
  else
    for (const { queue, outcome } of rows)
      screen.print(say`${queue} ${outcome === 'unchanged' ? `was ${verb}d already` : outcome}`)
  return EXIT.ok
}

export const pause: Command = {
  name: 'pause',
  takes: '[queue]',
  about: 'Stop all claims of a queue; what runs goes on to its end',
  options: OPTIONS,
  run: (context) => switchQueues(context, 'pause'),
}

export const resume: Command = {
  name: 'resume',
  takes: '[queue]',
  about: 'Let a paused queue go on',
  options: OPTIONS,
  run: (context) => switchQueues(context, 'resume'),
}
