import { groupToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { printTable } from '../table.ts'
import { count, span } from '../text.ts'
import { QUEUE } from './options.ts'

const BARS = ' ▁▂▃▄▅▆▇█'

/** Deaths of the last hour, ten minutes a column, against the most of them. */
function trend(counts: readonly number[]): string {
  const most = Math.max(1, ...counts)
  return counts.map((n) => BARS[n === 0 ? 1 : Math.max(2, Math.ceil((n / most) * 8))]).join('')
}

export const groups: Command = {
  name: 'groups',
  about: 'Count dead tasks by the kind of their failure',
  more: 'One group: dq dlq list --filter group:<group>; dq operation begin replay --filter group:<group>',
  options: { queue: QUEUE },
  async run({ args, screen, open }) {
    const { inspector } = await open()
    const all = await inspector.deadGroups(await queuesOf(inspector, args.name('queue')))
    if (screen.json) screen.printJson(all.map(groupToWire))
    else if (all.length === 0) screen.print('no dead tasks')
    else
      printTable(screen, all, [
        { title: 'GROUP', cell: ({ group }) => group },
        { title: 'COUNT', cell: (one) => count(one.count), right: true },
        { title: 'FIRST', cell: ({ firstAtMs }) => span(Date.now() - firstAtMs), right: true },
        { title: 'LAST', cell: ({ lastAtMs }) => span(Date.now() - lastAtMs), right: true },
        { title: 'HOUR', cell: (one) => trend(one.trend) },
        { title: 'QUEUE', cell: ({ queue }) => queue },
        { title: 'TYPE', cell: ({ type }) => type },
        { title: 'ERROR', cell: ({ reason, message }) => `${reason}: ${message}` },
      ])
    return EXIT.ok
  },
}
