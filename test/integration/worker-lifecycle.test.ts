import { describe, expect, it } from 'vitest'
import type { TaskContext } from '../../src/core/handlers.ts'
import { openRedis } from '../../src/core/redis.ts'
import { Client } from '../../src/core/client.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, gate, workbench } from '../helpers/workbench.ts'

const lined = async ({ redis, keys }: Workbench): Promise<string[]> =>
  ((await redis.call('LRANGE', keys.pending_default, 0, -1)) as string[]).toReversed()

/** Whether its connection for wake tokens is blocked in a read. */
const isWaiting = async ({ redis }: Workbench): Promise<boolean> =>
  / name=dq-worker-wait .* flags=\w*b/.test(String(await redis.call('CLIENT', 'LIST')))

describe('stopping a worker', () => {
  it('waits for what runs, and claims nothing more', async () => {
    const bench = await workbench()
    const { promise, open } = gate()
    const worker = await bench.work({ a: () => promise }, { concurrency: 2 })
    const ids = await Promise.all([1, 2, 3].map(async () => (await bench.client.enqueue('a', {})).id))
    await until(() => worker.stats().busy === 2)
    const stopped = worker.stop({ graceMs: 10_000 })
    await bench.untilSeen('worker.stopping')
    open()
    await stopped
    expect(await lined(bench)).toEqual([ids[2]])
    expect(worker.stats()).toMatchObject({ completed: 2, busy: 0 })
    expect(bench.seen('worker.stopped')).toEqual([{ id: worker.id, released: 0 }])
  })

  it('gives back what still runs after the grace, uncounted and in its old order, and tells the handlers', async () => {
    const bench = await workbench()
    const reasons: unknown[] = []
    const worker = await bench.work(
      {
        a: (_: unknown, { signal }: TaskContext) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason.why)
              reject(signal.reason as Error)
            }),
          ),
      },
      { concurrency: 3 },
    )
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await bench.client.enqueue('a', {})).id)
    await until(() => worker.stats().busy === 3)
    await worker.stop({ graceMs: 10 })
    expect(await lined(bench)).toEqual(ids)
    expect(reasons).toEqual(['shutdown', 'shutdown', 'shutdown'])
    expect(bench.seen('worker.stopped')).toMatchObject([{ released: 3 }])
    expect(bench.seen('task.released')).toHaveLength(3)
    for (const id of ids) expect(await bench.client.getTask(id)).toMatchObject({ state: 'pending', attempt: 0 })
    expect(await bench.redis.call('HLEN', bench.keys.attempts)).toBe(0)
  })

  it('is harmless before the start and when repeated', async () => {
    const { url, namespace } = await workbench()
    const worker = new Worker({ redisUrl: url, namespace, tasks: {} })
    await worker.stop()
    await worker.start()
    await Promise.all([worker.stop(), worker.stop(), worker.stop()])
    await worker.stop()
    expect(worker.stats()).toMatchObject({ busy: 0 })
  })

  it('is possible at any moment of the start', async () => {
    const bench = await workbench()
    await bench.client.enqueue('a', {})
    const worker = new Worker({ redisUrl: bench.url, namespace: bench.namespace, tasks: { a: () => 1 } })
    const started = worker.start()
    await worker.stop({ graceMs: 0 })
    await started
    expect(await bench.redis.call('HLEN', bench.keys.holders)).toBe(0)
  })

  it('ends soon after the grace also while Redis hangs', async () => {
    const server = await startRedis()
    const { promise } = gate()
    const worker = new Worker({ redisUrl: server.url, tasks: { a: () => promise } })
    await worker.start()
    const client = new Client({ redisUrl: server.url })
    await client.enqueue('a', {})
    await until(() => worker.stats().busy === 1)
    await client.close()
    server.freeze()
    const beganAt = performance.now()
    await worker.stop({ graceMs: 100 })
    expect(performance.now() - beganAt).toBeLessThan(2100)
    await server.stop()
  })

  it('leaves a connection open that it was given', async () => {
    const { url, namespace } = await workbench()
    const redis = openRedis({ url })
    const worker = new Worker({ redis, namespace, tasks: {} })
    await worker.start()
    await worker.stop()
    expect(await redis.call('PING')).toBe('PONG')
    await redis.close()
  })
})

describe('starting a worker', () => {
  it('fails with the address when Redis is not there', async () => {
    const worker = new Worker({ redisUrl: 'redis://127.0.0.1:1/0', tasks: {} })
    await expect(worker.start()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    })
    await worker.stop()
  })

  it('registers its queues and types', async () => {
    const bench = await workbench()
    const worker = await bench.work({ email: () => 1 }, { queues: ['default', 'mail'] })
    expect(await bench.client.inspector.queueNames()).toEqual(['default', 'mail'])
    expect(await bench.client.inspector.types()).toMatchObject([{ type: 'email', worker: worker.id }])
  })

  it.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ queues: [] }, 'queues'],
    [{ queues: ['a', 'a'] }, 'queue a is there twice'],
    [{ queues: [{ name: 'a', weight: 0 }] }, 'weight of a'],
    [{ queues: ['{a}'] }, 'queue'],
    [{ leaseMs: 5 }, 'leaseMs'],
    [{ maxRetries: -1 }, 'maxRetries'],
    [{ priorityOrder: 'random' as 'strict' }, 'priorityOrder'],
    [{ namespace: 'a b' }, 'namespace'],
  ])('is refused with %o, naming it', (options, words) => {
    expect(() => new Worker({ tasks: {}, ...options })).toThrow(words)
  })
})

describe('a quiet worker', () => {
  it('finishes what runs, claims nothing, and goes on when it is told to', async () => {
    const bench = await workbench()
    const { promise, open } = gate()
    const worker = await bench.work({ a: () => promise }, { concurrency: 1 })
    const first = await bench.client.enqueue('a', {})
    await bench.untilState(first.id, 'active')
    worker.quiet(true)
    const second = await bench.client.enqueue('a', {})
    open()
    await bench.untilState(first.id, 'completed')
    expect(await bench.client.getTask(second.id)).toMatchObject({ state: 'pending' })
    worker.quiet(false)
    await bench.untilState(second.id, 'completed')
  })
})

describe('an idle worker', () => {
  it('is woken by a new task at once, and asks Redis nothing meanwhile', async () => {
    const bench = await workbench()
    await bench.work({ a: () => 1 })
    const claims = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await bench.redis.call('INFO', 'commandstats')))?.[1] ?? 0)
    await until(() => isWaiting(bench), { what: 'the worker to wait' })
    const before = await claims()
    await until(() => isWaiting(bench))
    expect(await claims()).toBe(before)
    for (let i = 0; i < 5; i++) {
      await until(() => isWaiting(bench))
      await bench.client.enqueue('a', {})
      const [event] = (await bench.untilSeen('task.started', i + 1)).slice(-1)
      expect(event!.waitMs).toBeLessThan(1000)
    }
  })

  it('is woken for any of its queues', async () => {
    const bench = await workbench()
    await bench.work({ a: () => 1 }, { queues: ['one', 'two', { name: 'three', weight: 5 }], concurrency: 2 })
    for (const queue of ['two', 'three', 'one', 'two']) {
      const { id } = await bench.client.enqueue('a', {}, { queue })
      await until(() => bench.seen('task.completed').some((event) => event.id === id))
    }
    expect(bench.seen('task.completed').map(({ queue }) => queue)).toEqual(['two', 'three', 'one', 'two'])
  })

  it('gives a token back when it has become quiet, for another worker', async () => {
    const bench = await workbench()
    const worker = await bench.work({ a: () => 1 })
    await until(() => isWaiting(bench))
    worker.quiet(true)
    await bench.client.enqueue('a', {})
    await until(async () => (await bench.redis.call('LLEN', bench.keys.wake)) === 1)
    expect(bench.seen('task.started')).toEqual([])
    worker.quiet(false)
    await bench.untilSeen('task.completed')
  })
})

describe('many tasks', () => {
  it('run on all queues and priorities, each once, and no more at a time than there are slots', async () => {
    const bench = await workbench()
    let running = 0
    let most = 0
    const ran = new Map<number, number>()
    const worker = await bench.work(
      {
        async a({ n }: { n: number }) {
          most = Math.max(most, ++running)
          ran.set(n, (ran.get(n) ?? 0) + 1)
          if (n % 3 > 0) await new Promise((resolve) => setImmediate(resolve))
          running--
        },
      },
      { queues: [{ name: 'heavy', weight: 9 }, 'light'], concurrency: 7, priorityOrder: 'weighted' },
    )
    const priorities = ['high', 'default', 'low'] as const
    const items = Array.from({ length: 3000 }, (_, n) => ({
      type: 'a',
      payload: { n },
      queue: n % 2 ? 'heavy' : 'light',
      priority: priorities[n % 3]!,
    }))
    await bench.client.enqueueMany(items)
    await until(() => worker.stats().completed === 3000)
    expect(ran.size).toBe(3000)
    expect(Math.max(...ran.values())).toBe(1)
    expect(most).toBeLessThanOrEqual(7)
  })
})
