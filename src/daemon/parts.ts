import { hostname } from 'node:os'
import type { Config } from '../config.ts'
import { Broker } from '../core/broker.ts'
import { Client } from '../core/client.ts'
import { Keyring } from '../core/encryption/keyring.ts'
import { Events } from '../core/events.ts'
import type { TaskDefinition } from '../core/handlers.ts'
import { randomText } from '../core/ids.ts'
import { Inspector } from '../core/inspector.ts'
import type { Operations } from '../core/operations.ts'
import { Operator } from '../core/operator.ts'
import { openRedis, type RedisClient } from '../core/redis.ts'
import { Worker } from '../core/worker/worker.ts'
import type { Log } from './log.ts'
import { DeclaredSchedules, type DeclaredSchedulesOptions } from '../core/upkeep/declared-schedules.ts'
import { QueueSet } from '../core/upkeep/queue-set.ts'

/** What the components of a daemon share. */
export interface Parts {
  readonly config: Config
  readonly id: string
  readonly log: Log
  readonly events: Events
  readonly redis: RedisClient
  readonly broker: Broker
  readonly inspector: Inspector
  readonly client: Client
  readonly operator: (by: string) => Operator
  readonly operations: (by: string) => Operations
  readonly queues: QueueSet
  /** Keys for payloads; undefined where none are encrypted. */
  readonly keyring: Keyring | undefined
  readonly tasks: readonly TaskDefinition[]
  /** The schedules of the configuration file; undefined without one. */
  readonly declared: DeclaredSchedules | undefined
  /** Undefined without the role. */
  readonly worker: Worker | undefined
}

/** Unique over all machines, and readable in a list. */
function daemonId(): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 30)
  return `${host || 'host'}.${process.pid}.${randomText(4).toLowerCase()}`
}

function workerOf(
  config: Config,
  parts: Pick<Parts, 'id' | 'redis' | 'events' | 'tasks' | 'client' | 'keyring'>,
): Worker {
  const { namespace, queues, concurrency, leaseMs, taskTimeoutMs, maxRetries, priorityOrder, resultTtlMs, resultMax } =
    config
  const policy = { leaseMs, taskTimeoutMs, maxRetries, priorityOrder, resultTtlMs, resultMax }
  const { id, redis, events, tasks, client, keyring: encryption } = parts
  const shared = { id, redis, events, tasks, client, encryption, namespace }
  return new Worker({ ...shared, ...policy, queues, concurrency, upkeep: false, endsWhenStuck: true })
}

const declaredIn = (
  { file: source, schedules }: NonNullable<Config['declared']>,
  shared: Pick<DeclaredSchedulesOptions, 'redis' | 'log' | 'operator'>,
): DeclaredSchedules => new DeclaredSchedules({ ...shared, source, schedules })

/** Nothing of it runs yet, but Redis is being connected to. */
export function makeParts(
  config: Config,
  log: Log,
  tasks: readonly TaskDefinition[],
  redisUrl: string | undefined,
): Parts {
  const { namespace, idempotencyTtlMs } = config
  const id = daemonId()
  const events = new Events()
  const target = redisUrl === undefined ? config.redis : { url: redisUrl }
  const redis = openRedis({ ...target, name: 'dq-daemon' })
  const broker = new Broker(redis, { namespace })
  const keyring = config.encryption && new Keyring(config.encryption)
  const client = new Client({ redis, namespace, idempotencyTtlMs, by: id, encryption: keyring })
  const shared = { config, id, log, events, redis, broker, client, tasks, keyring }
  const operator = (by: string): Operator => new Operator(broker, redis, namespace, by, keyring)
  return {
    ...shared,
    inspector: new Inspector(redis, namespace),
    declared: config.declared && declaredIn(config.declared, { redis, log, operator: operator(id) }),
    operator,
    operations: (by) => client.operations.as(by),
    queues: new QueueSet(
      redis,
      namespace,
      config.queues.map(({ name }) => name),
      log,
    ),
    worker: config.roles.includes('worker') ? workerOf(config, shared) : undefined,
  }
}
