import type { QueueScale } from '../../core/scale.ts'
import { scaleToWire, windowName } from '../../core/scale-wire.ts'
import { checkName } from '../args.ts'
import type { CommandGroup, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import { printTable } from '../table.ts'
import { say, span } from '../text.ts'

type Row = QueueScale & { readonly slo: NonNullable<QueueScale['slo']> }

const burn = ({ slo }: Row, name: string): string =>
  String(slo.windows.find(({ windowMs }) => windowName(windowMs) === name)?.burn ?? '-')

async function list({ args, screen, open }: Context): Promise<number> {
  const { inspector } = await open()
  const all = await inspector.scale(await queuesOf(inspector, args.positional[0]))
  const rows = all.filter((one): one is Row => one.slo !== undefined)
  if (screen.json) {
    screen.printJson(rows.map(scaleToWire).map(({ queue, slo }) => ({ queue, ...slo })))
    return EXIT.ok
  }
  if (rows.length === 0) screen.note('no queue has an objective; set one: dq slo set <queue> 30s 0.99')
  else
    printTable(screen, rows, [
      { title: 'QUEUE', cell: ({ queue }) => queue },
      { title: 'WAIT', cell: ({ slo }) => span(slo.waitMs), right: true },
      { title: 'TARGET', cell: ({ slo }) => slo.target, right: true },
      { title: 'STATE', cell: ({ slo }) => slo.state },
      ...['5m', '30m', '1h', '6h'].map((name) => ({
        title: `BURN ${name}`,
        cell: (row: Row) => burn(row, name),
        right: true as const,
      })),
    ])
  return EXIT.ok
}

async function change({ args, screen, open }: Context, objective: { wait: string; target: number } | undefined) {
  const queue = checkName('queue', args.positional[0]!)
  const { operator } = await open()
  const outcome = await operator.setObjective(queue, objective)
  if (screen.json) screen.printJson({ queue, outcome })
  else screen.print(say`${queue} objective ${outcome}`)
  return EXIT.ok
}

export const slo: CommandGroup = {
  name: 'slo',
  about: 'How long tasks of a queue may wait, and whether they do not wait longer',
  commands: [
    { name: 'list', takes: '[queue]', about: 'Show the objectives, and how fast their budgets burn', run: list },
    {
      name: 'set',
      takes: '<queue> <wait> <target>',
      about: 'Promise that a share of the tasks begins to run in time: dq slo set mail 30s 0.99',
      run: (context) => {
        const [, wait = '', target = ''] = context.args.positional
        if (!/^0?\.\d{1,6}$/.test(target))
          throw new UsageError(`target '${target.slice(0, 40)}' is no share; write one between 0 and 1, such as 0.99`)
        return change(context, { wait, target: Number(target) })
      },
    },
    {
      name: 'clear',
      takes: '<queue>',
      about: 'Promise nothing any more',
      run: (context) => change(context, undefined),
    },
  ],
}
