import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '../../../src/core/broker.ts'
import { Client } from '../../../src/core/client.ts'
import { queueKeys } from '../../../src/core/keys.ts'
import { failureLine } from '../../../src/core/records.ts'
import { openRedis, type RedisClient } from '../../../src/core/redis.ts'
import { ROOT, type SpawnedNode, spawnNode } from '../../helpers/process.ts'
import { until } from '../../helpers/until.ts'

/** How much lies in Redis when the console is opened. */
export interface Size {
  readonly pending: number
  readonly dead: number
}

export const SMALL: Size = { pending: 20_000, dead: 2_000 }
export const FULL: Size = { pending: 1_000_000, dead: 100_000 }

/** `DQ_SITUATIONS=full` takes the size that the bars are meant for. */
export const SIZE: Size = process.env['DQ_SITUATIONS'] === 'full' ? FULL : SMALL

const TWO_HOURS_MS = 7_200_000
const BATCH = 500

/** What differs from one message to the next has six digits or more. */
const SERIAL = 100_000

interface Kind {
  readonly queue: string
  readonly type: string
  readonly message: (n: number) => string
}

const TIMEOUT: Kind = {
  queue: 'mail',
  type: 'demo.email',
  message: (n) => `SMTP 421 4.7.0 timeout of connection ${SERIAL + n}`,
}
const REFUSED: Kind = {
  queue: 'mail',
  type: 'demo.email',
  message: (n) => `550 5.1.1 mailbox of user ${SERIAL + n} unavailable`,
}
const BROKEN: Kind = {
  queue: 'photos',
  type: 'demo.image_resize',
  message: (n) => `out of memory in image ${SERIAL + n}`,
}

/** Of 20 dead tasks 12 died of a timeout, 5 were refused, 3 are photos. */
const kindOf = (n: number): Kind => (n % 20 < 12 ? TIMEOUT : n % 20 < 17 ? REFUSED : BROKEN)
/** Every other 20 died two hours ago. */
const isOld = (n: number): boolean => Math.floor(n / 20) % 2 === 1

export const deadOf = (size: Size, kind: 'timeout' | 'photos', age: 'any' | 'new'): number => {
  const meant = kind === 'timeout' ? TIMEOUT : BROKEN
  let count = 0
  for (let n = 0; n < size.dead; n++) if (kindOf(n) === meant && (age === 'any' || !isOld(n))) count++
  return count
}

const idOf = (n: number): string => `d${String(n).padStart(7, '0')}`
const numberOf = (id: string): number => Number(id.slice(1))

/** Puts tasks into line and buries `size.dead` of them, as a worker would whose handlers fail. */
export async function fill(url: string, size: Size): Promise<void> {
  const client = new Client({ redisUrl: url })
  const redis = openRedis({ url })
  const payload = { to: 'somebody@example.com', template: 'welcome', locale: 'en' }
  const add = async (count: number, item: (n: number) => Parameters<Client['enqueueMany']>[0][number]) => {
    for (let from = 0; from < count; from += 2_000) {
      const items = Array.from({ length: Math.min(2_000, count - from) }, (_, i) => item(from + i))
      const refused = (await client.enqueueMany(items)).find((one) => 'error' in one)
      if (refused !== undefined) throw new Error('a task was refused', { cause: refused.error })
    }
  }
  try {
    await add(size.pending, () => ({ type: 'demo.email', queue: 'mail', payload }))
    await add(size.dead, (n) => {
      const { type, queue } = kindOf(n)
      return { id: idOf(n), type, queue, payload, priority: 'high' }
    })
    for (const queue of ['mail', 'photos']) await bury(redis, queue)
  } finally {
    await client.close()
    await redis.close()
  }
}

/** Everything of high priority dies. */
async function bury(redis: RedisClient, queue: string): Promise<void> {
  const broker = new Broker(redis, { namespace: 'dq', client: 'bury' })
  const { dead } = queueKeys('dq', queue, 'bury')
  const request = { worker: 'wrk-gone', leaseMs: 60_000, timeoutMs: 60_000, idle: false, timeouts: {} }
  for (;;) {
    const claim = await broker.claim(queue, { ...request, want: BATCH, quotas: { high: BATCH, default: 0, low: 0 } })
    if (claim.word !== 'granted') return
    const { nonce, nowMs, tasks } = claim
    const items = tasks.map(({ id, envelope }) => {
      const kind = kindOf(numberOf(id))
      const atMs = isOld(numberOf(id)) ? nowMs - TWO_HOURS_MS : nowMs
      const attempt = { attempt: 4, atMs, worker: 'wrk-gone', reason: 'error', message: kind.message(numberOf(id)) }
      const line = failureLine({ ...attempt, stack: undefined }, kind.type)
      return { nonce, id, type: kind.type, verdict: 'dead' as const, delayMs: 0, line, extras: envelope.extras }
    })
    await broker.fail(queue, items)
    // Nobody can die in the past: what died two hours ago is given its time afterwards.
    const old = items.filter(({ id }) => isOld(numberOf(id))).flatMap(({ id }) => [nowMs - TWO_HOURS_MS, id])
    if (old.length > 0) await redis.call('ZADD', dead, 'XX', ...old.map(String))
  }
}

/** A daemon that holds so many tasks of a queue, each for an hour. Nobody reaps what it loses. */
export async function holder(url: string, queue: string, slots: number, leaseTtl: string): Promise<SpawnedNode> {
  const address = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0', '--redis-url', url]
  const work = ['--roles', 'worker', '--queues', queue, '--concurrency', String(slots)]
  const child = spawnNode(join(ROOT, 'src', 'daemon', 'main.ts'), {
    args: [...address, ...work, '--lease-ttl', leaseTtl, '--task-timeout', '1h'],
    env: { WORKER_SLEEP_MS: '3600000', WORKER_FAILURE_PCT: '0' },
    cwd: tmpdir(),
  })
  await child.waitForLine(/"daemon\.started"/, { timeoutMs: 30_000 })
  return child
}

/** A daemon that holds all tasks of the queue `reports` and hangs since its lease ended. */
export async function sick(url: string): Promise<{ daemon: SpawnedNode; id: string }> {
  const client = new Client({ redisUrl: url })
  try {
    const items = Array.from({ length: 3 }, (_, n) => ({ type: 'demo.cleanup', id: `report-${n}`, payload: {} }))
    await client.enqueueMany(items.map((item) => ({ ...item, queue: 'reports' })))
    const daemon = await holder(url, 'reports', 3, '3s')
    const held = async () => (await client.inspector.leases({ queues: ['reports'] })).length === 3
    await until(held, { what: 'the tasks to be held', timeoutMs: 20_000 })
    daemon.kill('SIGSTOP')
    const silent = async () => (await client.inspector.workers()).find((worker) => worker.silent)?.id
    return { daemon, id: await until(silent, { what: 'a worker to be silent', timeoutMs: 20_000 }) }
  } finally {
    await client.close()
  }
}
