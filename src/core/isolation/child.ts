import { isMainThread, parentPort } from 'node:worker_threads'
import { Aborted, messageOf } from '../errors.ts'
import type { TaskDefinition } from '../handlers.ts'
import { validate } from '../standard-schema.ts'
import { tasksOfModule } from '../task-module.ts'
import { flushSpans, inTrace } from '../tracing.ts'
import { describe, nameOf } from '../worker/failure.ts'
import { NOT_JSON, resultText } from '../worker/values.ts'
import { childContext } from './child-context.ts'
import type { Ending, FromChild, Order, ToChild, Welcome } from './messages.ts'

/** A process or a thread that runs handlers for a worker, one at a time. Its death is that of the task it runs. */
const modules = new Map<string, Promise<readonly TaskDefinition[]>>()
let welcome: Welcome | undefined
let current: { readonly run: number; readonly controller: AbortController } | undefined

function tell(message: FromChild): void {
  if (parentPort !== null) parentPort.postMessage(message, [])
  // An answer that finds no worker any more is nobody's; `disconnect` ends this process.
  else process.send?.(message, undefined, undefined, () => {})
}

function load(url: string): Promise<readonly TaskDefinition[]> {
  let loaded = modules.get(url)
  if (loaded === undefined) {
    loaded = import(url).then((module: Record<string, unknown>) => tasksOfModule(module))
    modules.set(url, loaded)
  }
  return loaded
}

async function definitionOf({ module, type }: Order): Promise<TaskDefinition> {
  const found = (await load(module)).find((task) => task.type === type)
  if (found !== undefined) return found
  throw new Error(`${module} exports no task ${type}`)
}

async function execute(definition: TaskDefinition, order: Order, signal: AbortSignal): Promise<Ending> {
  let payload: unknown
  try {
    payload = JSON.parse(order.payloadJson)
  } catch (error) {
    void error // not quoted: its message would show a part of the payload
    return { kind: 'refused', why: 'malformed', message: NOT_JSON }
  }
  if (definition.schema !== undefined) {
    const checked = await validate(definition.schema, payload)
    if (!checked.ok) return { kind: 'refused', why: 'invalid_payload', message: checked.message }
    payload = checked.value
  }
  const result = await inTrace(order.traceparent, (left) =>
    definition.run(payload as never, childContext(order, welcome!, signal, tell, left)),
  )
  return { kind: 'returned', resultJson: order.keepsResult && result !== undefined ? resultText(result) : undefined }
}

function threw(thrown: unknown): Ending {
  const { message, stack } = describe(thrown)
  const name = nameOf(thrown)
  const delay = name === 'Snooze' || name === 'RateLimited' ? (thrown as { delay: number | string }).delay : undefined
  return { kind: 'threw', name, message, stack, delay }
}

async function run(order: Order): Promise<Ending> {
  const controller = new AbortController()
  current = { run: order.run, controller }
  let definition: TaskDefinition
  try {
    definition = await definitionOf(order)
  } catch (error) {
    return { kind: 'unloadable', message: messageOf(error) }
  }
  try {
    return await execute(definition, order, controller.signal)
  } catch (thrown) {
    return threw(thrown)
  }
}

/** What it traced is sent at once: it may be killed as soon as nothing is left for it to do. */
function ended(order: Order, ending: Ending): void {
  tell({ run: order.run, kind: 'ended', ending })
  void flushSpans()
}

function hear(message: ToChild): void {
  if (message.kind === 'welcome') welcome = message
  else if (message.kind === 'abort') current?.controller.abort(new Aborted(message.why, message.message))
  else void run(message).then((ending) => ended(message, ending))
}

/** A child is a program of its own, and ends as one. */
// eslint-disable-next-line no-restricted-properties -- see above
const exit = (): never => process.exit(1)

/** Thrown where nobody catches it: the death of this process is told by its worker, which shows nothing raw. */
function die(thrown: unknown): void {
  const message: FromChild = { run: current?.run ?? 0, kind: 'dying', message: describe(thrown).message }
  if (process.send === undefined || !process.connected) exit()
  else process.send(message, undefined, undefined, exit)
}

Reflect.set(globalThis, Symbol.for('distributedq.child'), true)
if (isMainThread) {
  process.title = 'dq-child'
  process.on('message', hear)
  process.on('uncaughtException', die)
  // Its worker is gone: nobody could hear of this task any more, or end what it started.
  process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
} else {
  parentPort!.on('message', hear)
}
