import { Client } from '../../core/client.ts'
import { type EncryptionOptions, Keyring } from '../../core/encryption/keyring.ts'
import { Inspector } from '../../core/inspector.ts'
import { Operations } from '../../core/operations.ts'
import type { Operator } from '../../core/operator.ts'
import { type RedisOptions, type RedisClient, openRedis } from '../../core/redis.ts'
import type { ConsoleSource } from './source.ts'

export interface RedisSourceOptions {
  readonly redis: RedisOptions
  readonly namespace: string
  /** Who changes things, for the audit. */
  readonly by: string
  /** Encrypts what is enqueued from here; nothing is opened. */
  readonly encryption?: EncryptionOptions | undefined
}

/** The operator's verbs, and the one of producers that an operator needs for a test. */
function changesOf(client: Client, operator: Operator): ConsoleSource['changes'] {
  return {
    pause: (queue) => operator.pause(queue),
    resume: (queue) => operator.resume(queue),
    replay: (queue, ids, options) => operator.replay(queue, ids, options),
    purge: (queue, ids, options) => operator.purge(queue, ids, options),
    undo: (queue, selection) => operator.undo(queue, selection),
    cancel: (queue, ids) => operator.cancel(queue, ids),
    hasten: (queue, ids) => operator.hasten(queue, ids),
    editable: (queue, id) => operator.editable(queue, id),
    replayEdited: (queue, id, shown, payloadJson) => operator.replayEdited(queue, id, shown, payloadJson),
    quiet: (worker, on) => operator.quiet(worker, on),
    enableSchedule: (name, enabled) => operator.enableSchedule(name, enabled),
    triggerSchedule: (name) => operator.triggerSchedule(name),
    enqueue: (type, payload, options) => client.enqueue(type, payload, options),
  }
}

/** Sees the queues as of a given instant, which is where an operation that begins by it has its bound. */
class InspectorAsOf extends Inspector {
  readonly #atMs: number

  constructor(redis: RedisClient, namespace: string, atMs: number) {
    super(redis, namespace)
    this.#atMs = atMs
  }

  override async snapshot(queues?: readonly string[]): ReturnType<Inspector['snapshot']> {
    const now = await super.snapshot(queues)
    return now.map((queue) => ({ ...queue, atMs: Math.min(queue.atMs, this.#atMs) }))
  }
}

function operationsOf(client: Client, redis: RedisClient, namespace: string, by: string): ConsoleSource['operations'] {
  const operations = client.operations.as(by)
  return {
    running: async (queues) => {
      const are = await Promise.all(queues.map((queue) => operations.isAnyRunning(queue)))
      return queues.filter((_, at) => are[at])
    },
    list: (queue) => operations.list(queue),
    find: (queue, id) => operations.find(queue, id),
    begin: (queue, what, beforeMs) => {
      // Its bound is the last instant that belongs to it.
      const inspector = new InspectorAsOf(redis, namespace, beforeMs - 1)
      return new Operations({ redis, inspector, namespace, by }).begin(queue, what)
    },
    step: (queue, id) => operations.step(queue, id),
    steer: (queue, id, action) => operations.steer(queue, id, action),
  }
}

/** A real Redis behind the console. Connects in the background, and again whenever the connection is lost. */
export function openSource({ redis: options, namespace, by, encryption }: RedisSourceOptions): ConsoleSource {
  const redis: RedisClient = openRedis({ ...options, name: 'dq-top' })
  const keyring = encryption && Keyring.forSealing(encryption)
  const client = new Client({ redis, namespace, by, encryption: keyring })
  let format: number | undefined
  redis.onState(() => (format = undefined))
  return {
    address: redis.address,
    namespace,
    reads: client.inspector,
    changes: changesOf(client, client.operator),
    operations: operationsOf(client, redis, namespace, by),
    because: (reason) => ({
      changes: changesOf(client, client.operator.because(reason)),
      operations: operationsOf(client, redis, namespace, `${by} (${reason})`),
    }),
    ready: async (timeoutMs) => {
      if (!redis.isUp) await redis.ready(timeoutMs)
      format ??= await client.inspector.format()
    },
    onUp: (listener) => {
      redis.onState((state) => {
        if (state === 'up') listener()
      })
    },
    close: async () => {
      await client.close()
      // A connection that is down has nothing to say goodbye to.
      if (redis.isUp) await redis.close()
      else redis.drop()
    },
  }
}
