import { Client } from '../client.ts'
import { Keyring } from '../encryption/keyring.ts'
import { revealRelatives } from '../encryption/reveal.ts'
import { rateLimited } from '../errors.ts'
import type { LogLevel } from '../events.ts'
import type { TaskContext, TaskLog } from '../handlers.ts'
import { openRedis } from '../redis.ts'
import { continuing } from '../worker/context.ts'
import { checkProgress } from '../worker/values.ts'
import type { FromChild, Order, Welcome } from './messages.ts'

let client: Client | undefined
let keyring: Keyring | undefined

/** Of the newest order: keys may change while a child lives. */
function keyringOf({ encryption }: Order): Keyring | undefined {
  if (encryption === undefined) return undefined
  if (keyring === undefined) keyring = new Keyring(encryption)
  else keyring.replace(encryption)
  return keyring
}

/** A connection of its own, opened when a handler first enqueues something. */
function clientOf({ redis, namespace, by }: Welcome, order: Order): Client {
  const encryption = keyringOf(order)
  client ??= new Client({ redis: openRedis({ ...redis, name: 'dq-child' }), namespace, by, encryption })
  return client
}

function jsonOf(fields: Readonly<Record<string, unknown>> | undefined): string | undefined {
  try {
    return JSON.stringify(fields)
  } catch (error) {
    return JSON.stringify({ fields: `cannot be written as JSON: ${String(error)}` })
  }
}

/**
 * What a handler gets in a child: the same as anywhere, over messages.
 * @param traceparent what nobody carries on here.
 */
export function childContext(
  order: Order,
  welcome: Welcome,
  signal: AbortSignal,
  tell: (message: FromChild) => void,
  traceparent: string | undefined,
): TaskContext {
  const { run, id, type, queue, attempt, maxAttempts, fence } = order
  const at =
    (level: LogLevel): TaskLog[LogLevel] =>
    (message, fields) =>
      tell({ run, kind: 'log', level, message, fieldsJson: jsonOf(fields) })
  return {
    id,
    type,
    queue,
    attempt,
    maxAttempts,
    fence,
    signal,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    progress: (value) => tell({ run, kind: 'progress', value: checkProgress(value) }),
    rateLimited,
    enqueue: continuing(
      (task, payload, options) => clientOf(welcome, order).enqueue(task, payload, options),
      traceparent,
    ),
    parents: async () => {
      const { parents } = await clientOf(welcome, order).inspector.relations({ queue, id })
      return revealRelatives(parents, keyringOf(order))
    },
  }
}
