import { type ParentRef, parseRef, POLICIES } from '../../core/depend.ts'
import { DURABILITIES } from '../../core/durability-level.ts'
import { messageOf } from '../../core/errors.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import { PRIORITIES } from '../../core/priority.ts'
import { UNIQUE_MODES, type UniqueOptions } from '../../core/unique.ts'
import { type Args, checkName } from '../args.ts'
import type { Command, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { parseJson } from '../item.ts'
import { unknownTypes } from '../known-types.ts'
import { payloadText } from '../payload.ts'
import { say } from '../text.ts'
import { enqueueLines } from './enqueue-lines.ts'
import type { Input } from '../world.ts'
import { PRIORITY } from './options.ts'

/** `id,queue/id` */
const parentsOf = (text: string | undefined): ParentRef[] | undefined =>
  text?.split(',').map((name) => {
    const one = name.trim()
    return one.includes('/') ? parseRef(one) : { id: one }
  })

function uniqueOf(args: Args): UniqueOptions | undefined {
  const [window, key] = [args.duration('unique'), args.text('unique-key')]
  const mode = args.oneOf('unique-mode', UNIQUE_MODES)
  if (window !== undefined) return { for: window, by: key === undefined ? 'payload' : { key }, mode }
  if (key !== undefined || mode !== undefined)
    throw new UsageError('--unique-key and --unique-mode need --unique, such as --unique 10m')
  return undefined
}

function optionsOf(args: Args): EnqueueOptions {
  if (args.has('delay') && args.has('run-at')) throw new UsageError('give either --delay or --run-at, not both')
  return {
    id: args.text('id'),
    queue: args.name('queue'),
    priority: args.oneOf('priority', PRIORITIES),
    delay: args.duration('delay'),
    runAt: args.instant('run-at'),
    idempotencyKey: args.text('key'),
    maxRetries: args.whole('max-retries', 0, 1_000),
    timeout: args.duration('timeout'),
    dependsOn: parentsOf(args.text('depends-on')),
    onParentFailure: args.oneOf('on-parent-failure', POLICIES),
    limitKey: args.text('limit-key'),
    unique: uniqueOf(args),
    durability: args.oneOf('durability', DURABILITIES),
  }
}

async function payloadOf(given: string | undefined, input: Input): Promise<unknown> {
  if (given === undefined) return null
  const { text, what, isInline } = await payloadText(given, input)
  if (!isInline) return parseJson(text, what)
  try {
    return parseJson(text, what)
  } catch (cause) {
    throw new UsageError(`${messageOf(cause)}; quote it for the shell, as in '{"to":"anna@example.com"}'`, { cause })
  }
}

async function enqueueOne(context: Context, type: string, options: EnqueueOptions): Promise<number> {
  const payload = await payloadOf(context.args.positional[1], context.input)
  const { client, inspector } = await context.open()
  const result = await client.enqueue(type, payload, options)
  if (context.screen.json) context.screen.printJson(result)
  else context.screen.print(say`${result.outcome} ${result.id}`)
  if (options.durability !== undefined && result.durability !== undefined && result.durability !== options.durability)
    context.screen.note(say`only in memory: ${options.durability} was not reached in time`)
  const warning = await unknownTypes(inspector, [type])
  if (warning !== undefined) context.screen.note(warning)
  return EXIT.ok
}

export const enqueue: Command = {
  name: 'enqueue',
  takes: '<type> [payload]',
  about: 'Enqueue a task, or one per line of standard input',
  more:
    'The payload is JSON, @file, or - for standard input.\n' +
    'With - in place of the type, each line is a task: {"type": "…", "payload": …, …options}.',
  options: {
    queue: { about: 'queue to put it in', value: 'name' },
    priority: PRIORITY,
    delay: { about: 'wait this long first', value: '30s, 5m, 2h' },
    'run-at': { about: 'wait until then', value: 'RFC 3339' },
    id: { about: 'id of the task; the same id twice is one task', value: 'text' },
    key: { about: 'idempotency key', value: 'text' },
    'max-retries': { about: 'how often a failed attempt is repeated', value: 'number' },
    timeout: { about: 'how long one attempt may take', value: '30s' },
    'depends-on': {
      about: 'tasks that have to complete first, with their queue if it is another',
      value: 'id,queue/id',
    },
    'on-parent-failure': { about: 'when one of them does not', value: 'fail, ignore or wait' },
    'limit-key': { about: 'whose share of the limits of its type it takes', value: 'text' },
    unique: { about: 'at most one with this payload within this time', value: '10m' },
    'unique-key': { about: 'with --unique: compare this instead of the payload', value: 'text' },
    durability: { about: 'where it has to be before this returns', value: DURABILITIES.join('|') },
    'unique-mode': { about: 'with --unique: what becomes of another one', value: UNIQUE_MODES.join('|') },
  },
  async run(context) {
    const [type = '', payload] = context.args.positional
    const options = optionsOf(context.args)
    if (type !== '-') return enqueueOne(context, checkName('type', type), options)
    if (payload !== undefined) throw new UsageError('with - the payload is part of each line; leave it out')
    if (options.id !== undefined || options.idempotencyKey !== undefined)
      throw new UsageError('with - every line has its own id and idempotency_key; leave --id and --key out')
    return enqueueLines(context, options)
  },
}
