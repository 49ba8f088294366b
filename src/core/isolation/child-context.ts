import { Client } from '../client.ts'
import { rateLimited } from '../errors.ts'
import type { LogLevel } from '../events.ts'
import type { TaskContext, TaskLog } from '../handlers.ts'
import { openRedis } from '../redis.ts'
import { continuing } from '../worker/context.ts'
import { checkProgress } from '../worker/values.ts'
import type { FromChild, Order, Welcome } from './messages.ts'

let client: Client | undefined

/** A connection of its own, opened when a handler first enqueues something. */
function clientOf({ redis, namespace, by }: Welcome): Client {
  client ??= new Client({ redis: openRedis({ ...redis, name: 'dq-child' }), namespace, by })
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
    enqueue: continuing((task, payload, options) => clientOf(welcome).enqueue(task, payload, options), traceparent),
    parents: async () => (await clientOf(welcome).inspector.relations({ queue, id })).parents,
  }
}
