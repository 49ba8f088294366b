import type { QueueSnapshot } from '../../core/snapshot.ts'
import type { RedisInfo } from '../../core/task.ts'
import { queueToWire, statsToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import type { Screen } from '../screen.ts'
import { type Column, printFacts, printTable } from '../table.ts'
import { count, span } from '../text.ts'

const rate = (perSecond: number): string => (perSecond === 0 ? '0' : perSecond.toFixed(1))

const COLUMNS: readonly Column<QueueSnapshot>[] = [
  { title: 'QUEUE', cell: ({ name }) => name },
  { title: 'STATE', cell: ({ paused }) => (paused === undefined ? 'running' : 'paused') },
  { title: 'HIGH', cell: ({ pending }) => pending.high, right: true },
  { title: 'DEFAULT', cell: ({ pending }) => pending.default, right: true },
  { title: 'LOW', cell: ({ pending }) => pending.low, right: true },
  { title: 'SCHED', cell: ({ scheduled }) => scheduled, right: true },
  { title: 'ACTIVE', cell: ({ active }) => active, right: true },
  { title: 'DEAD', cell: ({ dead }) => dead, right: true },
  { title: 'DONE/S', cell: ({ rates }) => rate(rates.completed), right: true },
  { title: 'FAIL/S', cell: ({ rates }) => rate(rates.failed), right: true },
  { title: 'OLDEST', cell: ({ oldestPendingMs: ms }) => (ms === undefined ? '-' : span(ms)), right: true },
]

function printQueues(screen: Screen, queues: readonly QueueSnapshot[]): void {
  if (queues.length === 0) screen.note('there is no queue yet; the first task makes one: dq enqueue <type> [payload]')
  else printTable(screen, queues, COLUMNS)
}

export const queues: Command = {
  name: 'queues',
  about: 'List the queues with their depths, rates and oldest waiting task',
  async run({ screen, open }) {
    const { inspector } = await open()
    const snapshot = await inspector.snapshot()
    if (screen.json) screen.printJson(snapshot.map(queueToWire))
    else printQueues(screen, snapshot)
    return EXIT.ok
  },
}

function memory({ usedMemoryBytes, maxMemoryBytes }: RedisInfo): string {
  const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`
  return maxMemoryBytes === 0
    ? `${mib(usedMemoryBytes)}, no limit`
    : `${mib(usedMemoryBytes)} of ${mib(maxMemoryBytes)}`
}

export const stats: Command = {
  name: 'stats',
  about: 'Show queues, totals, workers and Redis in one look',
  async run({ screen, open }) {
    const { inspector } = await open()
    const [snapshot, workers, redis] = await Promise.all([
      inspector.snapshot(),
      inspector.workers(),
      inspector.redisInfo(),
    ])
    const wire = statsToWire(snapshot, workers, redis)
    if (screen.json) {
      screen.printJson(wire)
      return EXIT.ok
    }
    printQueues(screen, snapshot)
    screen.print('')
    printFacts(screen, [
      [
        'totals',
        Object.entries(wire.totals)
          .map(([what, n]) => `${count(n)} ${what}`)
          .join(', '),
      ],
      ['workers', `${wire.workers.live} live, ${wire.workers.silent} silent`],
      ['redis', `${redis.version}, ${redis.latencyMs.toFixed(1)} ms away, ${memory(redis)}`],
      ['books', wire.ledger.ok ? 'balanced' : `DO NOT BALANCE: ${wire.ledger.drift.join('; ')}`],
    ])
    return EXIT.ok
  },
}
