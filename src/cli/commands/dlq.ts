import { pageToWire, taskToWire } from '../../core/wire.ts'
import type { Command, CommandGroup } from '../command.ts'
import { FILTER, filterOf } from '../dead-selection.ts'
import { EXIT } from '../exit.ts'
import { queuesOf, readAcross } from '../listing.ts'
import { printTasks } from '../task-table.ts'
import { count } from '../text.ts'
import { purge, replay } from './dlq-bulk.ts'
import { groups } from './dlq-groups.ts'
import { undo } from './dlq-undo.ts'
import { CURSOR, LIMIT, LIMIT_DEFAULT, LIMIT_MAX, QUEUE } from './options.ts'

const list: Command = {
  name: 'list',
  about: 'List dead tasks, newest first',
  options: { queue: QUEUE, ...FILTER, limit: LIMIT, cursor: CURSOR },
  async run({ args, screen, open }) {
    const filter = filterOf(args)
    const limit = args.whole('limit', 1, LIMIT_MAX) ?? LIMIT_DEFAULT
    const [queue, from] = [args.name('queue'), args.text('cursor')]
    const { inspector } = await open()
    let scanned = 0
    const page = await readAcross(await queuesOf(inspector, queue), from, limit, async (name, cursor, rest) => {
      const part = await inspector.deadPage(name, { ...filter, cursor, limit: rest })
      scanned += part.scanned
      return part
    })
    if (screen.json) screen.printJson({ ...pageToWire(page, taskToWire), scanned })
    else if (page.items.length === 0)
      screen.note(scanned === 0 ? 'no dead tasks' : `none of ${count(scanned)} dead tasks matches`)
    else printTasks(screen, page)
    return EXIT.ok
  },
}

export const dlq: CommandGroup = {
  name: 'dlq',
  about: 'Dead tasks: look at them, run them again, remove them',
  commands: [list, groups, replay, purge, undo],
}
