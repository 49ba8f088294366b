import { afterEach } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Client } from '../../src/core/client.ts'
import { type EventMap, type EventName, Events } from '../../src/core/events.ts'
import type { Tasks } from '../../src/core/handlers.ts'
import { type QueueKeys, queueKeys } from '../../src/core/keys.ts'
import { type RedisClient, openRedis } from '../../src/core/redis.ts'
import type { TaskInfo } from '../../src/core/task.ts'
import type { WorkerOptions } from '../../src/core/worker/options.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { sharedRedis } from './redis.ts'
import { until } from './until.ts'

const EVENTS = [
  'task.started',
  'task.completed',
  'task.retrying',
  'task.crashed',
  'task.dead',
  'task.released',
  'task.snoozed',
  'task.unknown',
  'task.cancelled',
  'task.stale',
  'task.zombie',
  'task.log',
  'lease.lost',
  'worker.started',
  'worker.stopping',
  'worker.stopped',
  'worker.error',
] as const satisfies readonly EventName[]

/** A namespace of its own on a real Redis, a client, and everything that workers started with `work` tell. */
export interface Workbench {
  readonly namespace: string
  readonly url: string
  readonly redis: RedisClient
  readonly broker: Broker
  readonly client: Client
  /** The keys of the queue `default`. */
  readonly keys: QueueKeys
  readonly work: (tasks: Tasks, options?: Partial<WorkerOptions>) => Promise<Worker>
  /** Events of that name so far. */
  readonly seen: <N extends EventName>(name: N) => EventMap[N][]
  readonly untilSeen: <N extends EventName>(name: N, count?: number) => Promise<EventMap[N][]>
  readonly untilState: (id: string, state: TaskInfo['state']) => Promise<TaskInfo>
  readonly redisNowMs: () => Promise<number>
  /** Moves what is due in `default` to its line, as a scheduler would. */
  readonly promoteUntil: (condition: () => boolean | Promise<boolean>) => Promise<void>
}

const open: { workers: Worker[]; client: Client; redis: RedisClient }[] = []

/** What does not balance in the books of any queue, in words. */
async function driftOf({ inspector }: Client): Promise<string[]> {
  const drift: string[] = []
  for (const queue of await inspector.queueNames()) {
    drift.push(...(await inspector.verify(queue)).drift, ...(await inspector.verifyDeep(queue)).problems)
  }
  return drift
}

/** Stops every worker, and proves that the books of every queue that was used balance. */
afterEach(async () => {
  for (const { workers, client, redis } of open.splice(0)) {
    await Promise.all(workers.map((worker) => worker.stop({ graceMs: 0 })))
    const drift = await driftOf(client)
    await client.close()
    await redis.close()
    if (drift.length > 0) throw new Error(`the books do not balance: ${drift.join('; ')}`)
  }
})

export async function workbench(): Promise<Workbench> {
  const { url, namespace } = await sharedRedis()
  const redis = openRedis({ url })
  const client = new Client({ redisUrl: url, namespace })
  const broker = new Broker(redis, { namespace, client: 'test' })
  const workers: Worker[] = []
  open.push({ workers, client, redis })
  const events = new Events()
  const log = new Map<EventName, unknown[]>(EVENTS.map((name) => [name, []]))
  for (const name of EVENTS) events.on(name, (data) => void log.get(name)!.push(data))
  const seen = <N extends EventName>(name: N): EventMap[N][] => log.get(name) as EventMap[N][]
  return {
    namespace,
    url,
    redis,
    broker,
    client,
    keys: queueKeys(namespace, 'default', 'test'),
    seen,
    async work(tasks, options = {}) {
      const worker = new Worker({ redisUrl: url, namespace, tasks, events, upkeep: false, ...options })
      workers.push(worker)
      await worker.start()
      return worker
    },
    untilSeen: (name, count = 1) =>
      until(() => seen(name).length >= count && seen(name), { what: `${count} of ${name}`, everyMs: 2 }),
    untilState: (id, state) =>
      until(
        async () => {
          const task = await client.getTask(id)
          return task?.state === state && task
        },
        { what: `task ${id} to be ${state}` },
      ),
    async redisNowMs() {
      const [seconds, micros] = (await redis.call('TIME')) as [string, string]
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
    },
    promoteUntil: (condition) =>
      until(
        async () => {
          await broker.promote('default')
          return condition()
        },
        { what: 'what was promoted to be done' },
      ).then(() => {}),
  }
}

/** A promise and what settles it. */
export function gate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let release: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => (release = resolve))
  return { promise, open: (value) => release(value) }
}
