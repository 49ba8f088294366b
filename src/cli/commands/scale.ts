import type { QueueScale, Rate } from '../../core/scale.ts'
import { scaleToWire } from '../../core/scale-wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { type Column, printTable } from '../table.ts'
import { say, span } from '../text.ts'

const rate = ({ oneMinute, fiveMinutes }: Rate): string => `${oneMinute.toFixed(1)} ${fiveMinutes.toFixed(1)}`

const COLUMNS: readonly Column<QueueScale>[] = [
  { title: 'QUEUE', cell: ({ queue }) => queue },
  { title: 'PENDING', cell: ({ pending }) => pending, right: true },
  { title: 'OLDEST', cell: ({ oldestMs }) => (oldestMs === undefined ? '-' : span(oldestMs)), right: true },
  { title: 'IN/S 1M 5M', cell: ({ arrival }) => rate(arrival), right: true },
  { title: 'OUT/S 1M 5M', cell: ({ drain }) => rate(drain), right: true },
  { title: 'EMPTY IN', cell: ({ etaMs }) => (etaMs === undefined ? 'never' : span(etaMs)), right: true },
  { title: 'SLOTS', cell: ({ slots }) => `${slots.busy}/${slots.total}`, right: true },
  { title: 'WORKERS', cell: ({ workers }) => workers, right: true },
  { title: 'SUGGESTED', cell: ({ suggestedWorkers }) => suggestedWorkers, right: true },
  { title: 'SLO', cell: ({ slo }) => slo?.state ?? '-' },
]

export const scale: Command = {
  name: 'scale',
  takes: '[queue]',
  about: 'Show what comes, goes and waits, and how many workers it would take',
  more: 'EMPTY IN: at the rates of now; never, when the line does not get shorter. The formula is in docs/OPERATING.md.',
  async run({ args, screen, open }) {
    const { inspector } = await open()
    const rows = await inspector.scale(await queuesOf(inspector, args.positional[0]))
    if (screen.json) {
      screen.printJson(rows.map(scaleToWire))
      return EXIT.ok
    }
    if (rows.length === 0) screen.note('there is no queue yet')
    else printTable(screen, rows, COLUMNS)
    for (const { queue, reason } of rows) screen.print(say`${queue}: ${reason}`)
    return EXIT.ok
  },
}
