import type { LeaseInfo } from '../../core/task.ts'
import { leaseToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { type Column, printTable } from '../table.ts'
import { relative } from '../text.ts'
import { LIMIT, LIMIT_DEFAULT, LIMIT_MAX, QUEUE } from './options.ts'

const columns = (nowMs: number): readonly Column<LeaseInfo>[] => [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'QUEUE', cell: ({ queue }) => queue },
  { title: 'ATTEMPT', cell: ({ attempt }) => attempt, right: true },
  { title: 'CLAIMED', cell: ({ claimedAtMs }) => relative(claimedAtMs, nowMs) },
  { title: 'LEASE ENDS', cell: ({ leaseExpiresAtMs }) => relative(leaseExpiresAtMs, nowMs) },
  { title: 'WORKER', cell: ({ worker }) => worker },
]

export const leases: Command = {
  name: 'leases',
  about: 'List the tasks that are held by workers, soonest end of lease first',
  options: { queue: QUEUE, limit: LIMIT },
  async run({ args, screen, open }) {
    const limit = args.whole('limit', 1, LIMIT_MAX) ?? LIMIT_DEFAULT
    const queue = args.name('queue')
    const { inspector } = await open()
    const rows = await inspector.leases({ queues: await queuesOf(inspector, queue), limit })
    if (screen.json) screen.printJson(rows.map(leaseToWire))
    else if (rows.length === 0) screen.note('no task is held')
    else printTable(screen, rows, columns(Date.now()))
    return EXIT.ok
  },
}
