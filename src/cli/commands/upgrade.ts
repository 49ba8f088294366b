import { confirm } from '../confirm.ts'
import type { Command } from '../command.ts'
import type { Upgrade } from '../../core/upgrade.ts'
import { EXIT } from '../exit.ts'
import type { Screen } from '../screen.ts'
import { plural, say } from '../text.ts'

function report(screen: Screen, { from, to, queues, older }: Upgrade, changed: boolean): number {
  if (screen.json) screen.printJson({ from, to, queues, changed, older: older.map(({ id }) => id) })
  else if (older.length > 0) {
    screen.note(`nothing was changed: programs run that do not know format ${to}; replace them first`)
    for (const { id, host, pid, version } of older) screen.note(`  ${id} on ${host}, pid ${pid}, version ${version}`)
  } else if (from === to && queues.length === 0) screen.print(`format ${to} already; there is nothing to do`)
  else {
    const verb = changed ? 'was raised' : 'would be raised'
    screen.print(say`format ${from} ${verb} to ${to}, in ${plural(queues.length, 'queue')}`)
  }
  return older.length > 0 ? EXIT.failed : EXIT.ok
}

export const upgrade: Command = {
  name: 'upgrade',
  about: 'Raise what is stored to the format of this version, once no older program runs. There is no way back',
  more: 'Until then a new version works beside the one before it, and writes what that can read.',
  options: {
    'dry-run': { about: 'say what would be done', switch: true },
    yes: { about: 'do not ask', switch: true },
  },
  async run({ args, screen, input, open }) {
    const { operator } = await open()
    const plan = await operator.planUpgrade()
    const { from, to, queues, older } = plan
    if (args.flag('dry-run') || older.length > 0 || (from === to && queues.length === 0))
      return report(screen, plan, false)
    const question = `Raise what is stored from format ${from} to ${to}? Older versions cannot be used after that.`
    if (!args.flag('yes') && !(await confirm(input, screen.err, question))) {
      screen.note('nothing was done')
      return EXIT.failed
    }
    const done = await operator.upgrade()
    return report(screen, done, done.older.length === 0)
  },
}
