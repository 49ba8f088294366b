import type { QueueSnapshot } from '../../core/snapshot.ts'
import { STATE_NAMES, type State } from '../../core/states.ts'
import { pageToWire, taskToWire } from '../../core/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { queuesOf, readAcross } from '../listing.ts'
import { printTasks } from '../task-table.ts'
import { count } from '../text.ts'
import { CURSOR, LIMIT, LIMIT_DEFAULT, LIMIT_MAX, QUEUE, TYPE } from './options.ts'

/** How many tasks are where, for those who looked in the wrong place. */
function elsewhere(queues: readonly QueueSnapshot[]): string {
  const sum = (of: (queue: QueueSnapshot) => number): number => queues.reduce((total, queue) => total + of(queue), 0)
  const counts: Readonly<Partial<Record<State, number>>> = {
    pending: sum(({ pending }) => pending.high + pending.default + pending.low),
    scheduled: sum(({ scheduled }) => scheduled),
    active: sum(({ active }) => active),
    completed: sum(({ completed }) => completed),
    dead: sum(({ dead }) => dead),
  }
  const parts = Object.entries(counts).flatMap(([state, n]) => (n > 0 ? [`${count(n)} ${state}`] : []))
  return parts.length === 0 ? '' : `; there are ${parts.join(', ')}: choose with --state`
}

export const list: Command = {
  name: 'list',
  about: 'List tasks of one state',
  options: {
    queue: QUEUE,
    state: { about: 'which tasks, pending unless told', value: STATE_NAMES.join('|') },
    type: TYPE,
    limit: LIMIT,
    cursor: CURSOR,
  },
  async run({ args, screen, open }) {
    const state = args.oneOf('state', STATE_NAMES) ?? 'pending'
    const limit = args.whole('limit', 1, LIMIT_MAX) ?? LIMIT_DEFAULT
    const [queue, type, from] = [args.name('queue'), args.name('type'), args.text('cursor')]
    const { inspector } = await open()
    const queues = await queuesOf(inspector, queue)
    const page = await readAcross(queues, from, limit, (name, cursor, rest) =>
      inspector.tasks(name, state, { cursor, limit: rest, type }),
    )
    if (screen.json) screen.printJson(pageToWire(page, taskToWire))
    else if (page.items.length === 0) screen.note(`no ${state} tasks${elsewhere(await inspector.snapshot(queues))}`)
    else printTasks(screen, page)
    return EXIT.ok
  },
}
