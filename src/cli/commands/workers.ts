import type { WorkerInfo } from '../../core/task.ts'
import { workerToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { type Column, printTable } from '../table.ts'
import { relative } from '../text.ts'

const stateOf = ({ silent, quiet }: WorkerInfo): string => (silent ? 'silent' : quiet ? 'quiet' : 'live')

const columns = (nowMs: number): readonly Column<WorkerInfo>[] => [
  { title: 'WORKER', cell: ({ id }) => id },
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'PID', cell: ({ pid }) => pid, right: true },
  { title: 'STATE', cell: stateOf },
  { title: 'BUSY', cell: ({ busy, slots }) => `${busy}/${slots}`, right: true },
  { title: 'COMPLETED', cell: ({ completed }) => completed, right: true },
  { title: 'FAILED', cell: ({ failed }) => failed, right: true },
  { title: 'BEAT', cell: ({ beatAtMs }) => relative(beatAtMs, nowMs) },
  { title: 'QUEUES', cell: (worker) => worker.queues.join(',') },
]

export const workers: Command = {
  name: 'workers',
  about: 'List the workers that gave a sign of life within the last day',
  async run({ screen, open }) {
    const { inspector } = await open()
    const rows = await inspector.workers()
    if (screen.json) screen.printJson(rows.map(workerToWire))
    else if (rows.length === 0) screen.note('no worker gave a sign of life; start one with dq-daemon')
    else printTable(screen, rows, columns(Date.now()))
    return EXIT.ok
  },
}
