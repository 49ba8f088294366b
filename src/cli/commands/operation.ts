import { setTimeout as sleep } from 'node:timers/promises'
import { DqError } from '../../core/errors.ts'
import type { Operations, Steer } from '../../core/operations.ts'
import type { OperationInfo } from '../../core/task.ts'
import { operationToWire } from '../../core/wire.ts'
import type { Command, CommandGroup, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { Progress } from '../progress.ts'
import { printTable } from '../table.ts'
import { count, plural, say } from '../text.ts'
import { QUEUE } from './options.ts'

/** Where nobody has anything to drive for a while, it is looked at so often. */
const LOOK_MS = 500
const KINDS = ['replay', 'purge'] as const

const describe = ({ kind, filter, queue }: OperationInfo): string =>
  `${kind} ${filter === '' ? 'all' : `'${filter}'`} of ${queue}`

async function findIn(
  { open, args }: Context,
  id: string | undefined,
): Promise<{ operations: Operations; operation: OperationInfo }> {
  if (id === undefined) throw new UsageError('name the operation; dq operation list shows those there are')
  const { inspector, operations } = await open()
  for (const queue of await queuesOf(inspector, args.name('queue'))) {
    const operation = await operations.find(queue, id)
    if (operation !== undefined) return { operations, operation }
  }
  throw new DqError('not_found', `there is no operation ${id}; dq operation list shows those there are`)
}

/** Drives it on from here until it is over or paused; daemons do the same, and nothing is done twice. */
async function follow({ screen }: Context, operations: Operations, operation: OperationInfo): Promise<number> {
  const { queue, id } = operation
  const progress = new Progress(screen.err, operation.kind === 'replay' ? 'replayed' : 'purged')
  let now = operation
  while (now.state === 'running') {
    const { waitMs = 0 } = await operations.step(queue, id)
    now = (await operations.find(queue, id)) ?? now
    progress.show(now.done, now.total === 0 ? undefined : now.scanned / now.total)
    if (now.state === 'running' && waitMs > 0) await sleep(Math.min(waitMs, LOOK_MS))
  }
  progress.clear()
  return report({ screen }, now)
}

function report({ screen }: Pick<Context, 'screen'>, operation: OperationInfo): number {
  const { id, state, done, skipped, scanned } = operation
  if (screen.json) screen.printJson(operationToWire(operation))
  else {
    screen.print(say`${id} ${state}: ${describe(operation)}, ${plural(done, 'task')} of ${count(scanned)} looked at`)
    if (skipped > 0)
      screen.note(`skipped ${plural(skipped, 'task')}: no longer dead, or another has its idempotency key`)
    if (state === 'done' && operation.kind === 'purge' && !operation.now && done > 0)
      screen.note(`to take it back within 15 minutes: dq dlq undo --operation ${id}`)
  }
  return EXIT.ok
}

const begin: Command = {
  name: 'begin',
  takes: '<replay|purge>',
  about: 'Begin one over the dead tasks of a queue; it lives in Redis, and daemons drive it on',
  more: 'A filter such as \'type:email err~"timeout|421" age<1h\'; without one, all dead tasks. What dies later is left alone.',
  options: {
    queue: QUEUE,
    filter: { about: 'which of them', value: 'words' },
    rate: { about: 'tasks a second at most', value: 'number' },
    now: { about: 'purge: remove them for good, at once', switch: true },
    follow: { about: 'stay and show how far it is', switch: true },
  },
  async run(context) {
    const { args, open } = context
    const kind = KINDS.find((one) => one === args.positional[0])
    if (kind === undefined || args.positional.length > 1)
      throw new UsageError('say which: dq operation begin replay|purge')
    const queue = args.name('queue')
    if (queue === undefined) throw new UsageError('an operation is of one queue; name it with --queue')
    const what = {
      kind,
      filter: args.text('filter'),
      ratePerSecond: args.whole('rate', 1, 1_000_000),
      now: args.flag('now'),
    }
    const { operations } = await open()
    const operation = await operations.begin(queue, what)
    if (args.flag('follow')) return follow(context, operations, operation)
    return report(context, operation)
  },
}

const list: Command = {
  name: 'list',
  about: 'Operations that run, and those that are over',
  options: { queue: QUEUE },
  async run({ args, screen, open }) {
    const { inspector, operations } = await open()
    const all = []
    for (const queue of await queuesOf(inspector, args.name('queue'))) all.push(...(await operations.list(queue)))
    all.sort((a, b) => b.createdAtMs - a.createdAtMs)
    if (screen.json) screen.printJson(all.map(operationToWire))
    else if (all.length === 0) screen.print('no operations')
    else
      printTable(screen, all, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'STATE', cell: ({ state }) => state },
        { title: 'DONE', cell: ({ done }) => count(done), right: true },
        { title: 'LOOKED AT', cell: ({ scanned, total }) => `${count(scanned)} of ${count(total)}`, right: true },
        { title: 'RATE', cell: ({ ratePerSecond }) => ratePerSecond && `${ratePerSecond}/s`, right: true },
        { title: 'BY', cell: ({ by }) => by },
        { title: 'WHAT', cell: describe },
      ])
    return EXIT.ok
  },
}

const steer = (action: Steer, about: string): Command => ({
  name: action,
  takes: '<id>',
  about,
  options: { queue: QUEUE },
  async run(context) {
    const { operations, operation } = await findIn(context, context.args.positional[0])
    const was = operation.state
    const state = await operations.steer(operation.queue, operation.id, action)
    const now = (await operations.find(operation.queue, operation.id)) ?? operation
    report(context, now)
    return state === was ? EXIT.failed : EXIT.ok
  },
})

export const operation: CommandGroup = {
  name: 'operation',
  about: 'Bulk replays and purges that go on by themselves',
  commands: [
    begin,
    list,
    {
      name: 'follow',
      takes: '<id>',
      about: 'Show how far one is until it is over',
      options: { queue: QUEUE },
      async run(context) {
        const found = await findIn(context, context.args.positional[0])
        return follow(context, found.operations, found.operation)
      },
    },
    steer('pause', 'Stop one for now; what was done stays done'),
    steer('resume', 'Let a paused one go on'),
    steer('cancel', 'End one; what was done stays done'),
  ],
}
