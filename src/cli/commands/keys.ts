import { API_ROLES, type ApiKey } from '../../core/api-keys.ts'
import { checkName } from '../args.ts'
import type { Command, CommandGroup } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { printTable } from '../table.ts'
import { say } from '../text.ts'

/** Without its digest, which is of use to nobody. */
const keyToWire = ({ id, role, queues, name, createdAt, revokedAt }: ApiKey) => ({
  id,
  name,
  role,
  queues: queues ?? null,
  created_at: createdAt,
  revoked_at: revokedAt ?? null,
})

const add: Command = {
  name: 'add',
  takes: '<name>',
  about: 'Make a key; it is shown this one time',
  more: 'From then on every request needs a key, on all daemons within seconds, also on those that had none.',
  options: {
    role: { about: API_ROLES.join(', '), value: 'role' },
    queues: { about: 'only for these queues; default: for all', value: 'names' },
  },
  async run({ args, screen, open }) {
    const role = args.oneOf('role', API_ROLES)
    if (role === undefined) throw new UsageError(`say what it may do: --role ${API_ROLES.join('|')}`)
    const queues = args.text('queues')?.split(',')
    for (const queue of queues ?? []) checkName('--queues', queue)
    const { operator } = await open()
    const { key, info } = await operator.keys.add({ role, queues, name: args.positional[0]! })
    if (screen.json) screen.printJson({ ...keyToWire(info), key })
    else {
      screen.print(key)
      screen.note(
        `key ${info.id} (${info.name}): ${role}, for ${queues?.join(', ') ?? 'all queues'}; keep it: it is not shown again`,
      )
    }
    return EXIT.ok
  },
}

const list: Command = {
  name: 'list',
  about: 'Show the keys that were made here, never their text',
  async run({ screen, open }) {
    const { operator } = await open()
    const keys = await operator.keys.list()
    if (screen.json) screen.printJson(keys.map(keyToWire))
    else if (keys.length === 0) screen.note('there is no key; make one with dq keys add')
    else
      printTable(screen, keys, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'NAME', cell: ({ name }) => name },
        { title: 'ROLE', cell: ({ role }) => role },
        { title: 'QUEUES', cell: ({ queues }) => queues?.join(',') ?? '(all)' },
        { title: 'CREATED', cell: ({ createdAt }) => createdAt },
        { title: 'REVOKED', cell: ({ revokedAt }) => revokedAt },
      ])
    return EXIT.ok
  },
}

const revoke: Command = {
  name: 'revoke',
  takes: '<id>',
  about: 'End a key for good; within seconds no daemon takes it any more',
  async run({ args, screen, open }) {
    const id = args.positional[0]!
    const { operator } = await open()
    const outcome = await operator.keys.revoke(id)
    if (screen.json) screen.printJson({ id, outcome })
    else screen.print(say`${id} ${outcome}`)
    return outcome === 'unknown' ? EXIT.failed : EXIT.ok
  },
}

export const keys: CommandGroup = {
  name: 'keys',
  about: 'Keys of the HTTP API',
  commands: [add, list, revoke],
}
