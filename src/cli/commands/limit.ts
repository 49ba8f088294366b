import type { LimitInfo, LimitLine } from '../../core/limit-reads.ts'
import { checkEnqueueRate, type LimitRule, parseRate, ruleText } from '../../core/limit-rules.ts'
import { limitToWire } from '../../core/wire.ts'
import { checkName } from '../args.ts'
import type { Command, CommandGroup, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { type Column, printTable } from '../table.ts'
import { relative, say } from '../text.ts'
import { QUEUE } from './options.ts'

const linesOf = (limit: LimitInfo): (LimitLine & { limit: LimitInfo })[] =>
  limit.lines.map((line) => ({ ...line, limit }))

const columns = (nowMs: number): readonly Column<LimitLine & { limit: LimitInfo }>[] => [
  { title: 'QUEUE', cell: ({ limit }) => limit.queue },
  { title: 'TYPE', cell: ({ limit }) => limit.type ?? '(all)' },
  { title: 'KEY', cell: ({ key }) => key ?? '' },
  { title: 'LIMIT', cell: ({ limit }) => ruleText(limit) },
  { title: 'SET BY', cell: ({ limit }) => limit.source ?? '' },
  { title: 'RUNNING', cell: ({ running }) => running ?? '', right: true },
  { title: 'WAITING', cell: ({ waiting }) => waiting, right: true },
  { title: 'NEXT', cell: ({ nextAtMs }) => (nextAtMs === undefined ? '' : relative(nextAtMs, nowMs)) },
]

const list: Command = {
  name: 'list',
  about: 'Show the limits of queues and types, and what waits under them',
  options: { queue: QUEUE },
  async run({ args, screen, open }) {
    const { inspector } = await open()
    const limits: LimitInfo[] = []
    for (const queue of await queuesOf(inspector, args.name('queue'))) limits.push(...(await inspector.limits(queue)))
    if (screen.json) screen.printJson(limits.map(limitToWire))
    else if (limits.length === 0) screen.note('there is no limit; make one with dq limit set')
    else printTable(screen, limits.flatMap(linesOf), columns(Date.now()))
    return EXIT.ok
  },
}

async function change({ args, screen, open }: Context, rule: LimitRule | undefined): Promise<number> {
  const [queue, type] = args.positional
  const { operator } = await open()
  const outcome = await operator.limits.set(
    checkName('queue', queue!),
    type === undefined ? undefined : checkName('type', type),
    rule,
  )
  if (screen.json) screen.printJson({ queue, type, outcome })
  else {
    const what = type === undefined ? queue! : `${type} in ${queue!}`
    screen.print(say`${what}: ${rule === undefined ? 'limit' : ruleText(rule)} ${outcome}`)
  }
  return EXIT.ok
}

const set: Command = {
  name: 'set',
  takes: '<queue> [type]',
  about: 'Limit what starts in a queue, or of one type in it; it holds at once, over all workers',
  more: 'What has to wait blocks nothing else. A limit set here stays whatever workers declare, until it is cleared.',
  options: {
    rate: { about: 'starts in a time: 50/s, 10/1m, or 100/s,20 for a burst of 20', value: 'rate' },
    concurrency: { about: 'how many may run at the same time', value: 'number' },
    'per-key': { about: 'each limit key of a type has the limit for itself', switch: true },
    enqueue: { about: 'refuse what producers enqueue beyond this rate', value: 'rate' },
  },
  async run(context) {
    const { args } = context
    const [rate, enqueue] = [args.text('rate'), args.text('enqueue')]
    const most = args.whole('concurrency', 1, 1_000_000)
    const keyed = args.flag('per-key')
    if (rate === undefined && enqueue === undefined && most === undefined)
      throw new UsageError('say which limit: --rate, --concurrency or --enqueue')
    if (keyed && args.positional[1] === undefined)
      throw new UsageError('--per-key is for the limit of a type; name the type: dq limit set <queue> <type>')
    return change(context, {
      rate: rate === undefined ? undefined : { ...parseRate(rate, '--rate'), keyed },
      slots: most === undefined ? undefined : { most, keyed },
      enqueue: enqueue === undefined ? undefined : parseRate(enqueue, '--enqueue', checkEnqueueRate),
    })
  },
}

const clear: Command = {
  name: 'clear',
  takes: '<queue> [type]',
  about: 'Take a limit away; one that workers declare comes back when the next of them starts',
  run: (context) => change(context, undefined),
}

export const limit: CommandGroup = {
  name: 'limit',
  about: 'Limits of queues and types',
  commands: [list, set, clear],
}
