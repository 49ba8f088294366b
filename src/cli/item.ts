import type { NewTaskItem } from '../core/client.ts'
import { DqError, messageOf } from '../core/errors.ts'
import type { EnqueueOptions } from '../core/options.ts'
import { uniqueFromWire, uniqueWire } from '../core/unique-wire.ts'
import { suggest } from './suggest.ts'

/** The names that a task read from a line may give its options. */
const FIELDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    id: 'id',
    queue: 'queue',
    priority: 'priority',
    delay: 'delay',
    delay_ms: 'delay',
    run_at: 'runAt',
    execute_at: 'runAt',
    max_retries: 'maxRetries',
    timeout: 'timeout',
    timeout_ms: 'timeout',
    idempotency_key: 'idempotencyKey',
    result_ttl: 'resultTtl',
    result_ttl_ms: 'resultTtl',
    limit_key: 'limitKey',
    traceparent: 'traceparent',
    unique: 'unique',
    depends_on: 'dependsOn',
    on_parent_failure: 'onParentFailure',
    durability: 'durability',
  }),
)

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const refuse = (message: string, detail: string): DqError =>
  new DqError('invalid_input', message, { details: [detail] })

/** Where a JSON text breaks, without any of its content: what people enqueue does not belong into messages. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const at = /at position (\d+)/.exec(messageOf(cause))?.[1]
    const where = at === undefined ? '' : ` at character ${Number(at) + 1}`
    throw new DqError('invalid_input', `${what} is not JSON${where}`, { cause, details: ['payload'] })
  }
}

/** The task on one line: `{"type", "payload", …options}`, options in snake or camel case. @throws DqError `invalid_input` */
export function parseItem(line: string, defaults: EnqueueOptions): NewTaskItem {
  const json = parseJson(line, 'the line')
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refuse('the line is no object; write {"type": "…", "payload": …}', 'line')
  const { type, payload, ...rest } = json as Readonly<Record<string, unknown>>
  if (typeof type !== 'string') throw refuse('type is missing', 'type')
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    const option = FIELDS.get(snake(name))
    if (option === undefined) throw refuse(`unknown option ${name}${suggest(name, [...FIELDS.keys()])}`, name)
    if (options[option] !== undefined) throw refuse(`${name} and another option say the same; keep one`, name)
    if (value !== null) options[option] = option === 'unique' ? uniqueOfLine(value) : value
  }
  const given = withParents(options)
  return { ...withoutTime(defaults, given), ...given, type, payload }
}

/** Parents may be objects, with names in snake case too. What they hold is for the library to check. */
function withParents(options: Readonly<Record<string, unknown>>): EnqueueOptions {
  const { dependsOn } = options
  if (!Array.isArray(dependsOn)) return options
  const parents = dependsOn.map((parent: unknown) => {
    if (typeof parent !== 'object' || parent === null || !('on_failure' in parent)) return parent
    const { on_failure: onFailure, ...rest } = parent
    return { ...rest, onFailure }
  })
  return { ...options, dependsOn: parents } as EnqueueOptions
}

/** Of a line written for the API: `for_ms` and `key`. Anything else is the library's to check. */
function uniqueOfLine(value: unknown): unknown {
  const parsed = uniqueWire.safeParse(value)
  return parsed.success ? uniqueFromWire(parsed.data) : value
}

/** A line that says when it runs is not bound by the time of the others. */
function withoutTime(defaults: EnqueueOptions, given: EnqueueOptions): EnqueueOptions {
  if (given.delay === undefined && given.runAt === undefined) return defaults
  const { delay: _delay, runAt: _runAt, ...others } = defaults
  return others
}
