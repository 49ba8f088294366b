import { readFileSync, statSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { messageOf } from '../../core/errors.ts'
import { LIMITS } from '../../core/limits.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import { PRIORITIES } from '../../core/priority.ts'
import { type Args, checkName } from '../args.ts'
import type { Command, Context } from '../command.ts'
import { EXIT, UsageError } from '../exit.ts'
import { parseJson } from '../item.ts'
import { unknownTypes } from '../known-types.ts'
import { say } from '../text.ts'
import { enqueueLines } from './enqueue-lines.ts'
import type { Input } from '../world.ts'
import { PRIORITY } from './options.ts'

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
  }
}

function readFile(file: string): string {
  try {
    if (statSync(file).size > LIMITS.payloadBytes * 4)
      throw new Error(`it is larger than any payload may be (${LIMITS.payloadBytes} bytes)`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`payload: cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}

async function payloadOf(text: string | undefined, input: Input): Promise<unknown> {
  if (text === undefined) return null
  if (text === '-') return parseJson(await readAll(input), 'the payload on standard input')
  if (text.startsWith('@')) return parseJson(readFile(text.slice(1)), `the payload in ${text.slice(1)}`)
  try {
    return parseJson(text, 'the payload')
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
