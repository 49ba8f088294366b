import { once } from 'node:events'
import { Worker as Thread } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { Aborted } from '../../src/core/errors.ts'
import { type TaskContext, defineTask } from '../../src/core/handlers.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, gate, workbench } from '../helpers/workbench.ts'

const NONE = { high: 0, default: 0, low: 0 }

/** Waits for its signal, and notes why it was aborted. */
function patient(reasons: string[], then: 'throw' | 'return' = 'throw') {
  return async (_: unknown, { signal }: TaskContext): Promise<string> => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    reasons.push((signal.reason as Aborted).why)
    if (then === 'throw') throw signal.reason
    return 'done all the same'
  }
}

function block(ms: number): void {
  const endAt = performance.now() + ms
  while (performance.now() < endAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
}

describe('a task that is not done at its deadline', () => {
  it('has its signal aborted and is retried as a failure', async () => {
    const { client, work, untilState, untilSeen } = await workbench()
    const reasons: string[] = []
    await work([defineTask({ type: 'a', timeout: 50, retry: { jitter: 'none' }, run: patient(reasons) })])
    const { id } = await client.enqueue('a', {})
    const task = await untilState(id, 'retrying')
    expect(task.error).toMatchObject({ attempt: 1, reason: 'timeout', message: 'did not end within 0.05 s' })
    expect(await untilSeen('task.retrying')).toMatchObject([{ id, delayMs: 200, reason: 'timeout' }])
    expect(reasons).toEqual(['timeout'])
  })

  it('has the deadline of the task, else of its type, else of the worker', async () => {
    const { client, work, untilSeen } = await workbench()
    const run = patient([])
    await work([defineTask({ type: 'typed', timeout: 40, run }), defineTask({ type: 'plain', run })], {
      taskTimeoutMs: 60,
    })
    await client.enqueue('typed', {}, { timeout: 20 })
    await client.enqueue('typed', {})
    await client.enqueue('plain', {})
    const errors = (await untilSeen('task.retrying', 3)).map(({ error }) => error)
    expect(errors).toEqual([0.02, 0.04, 0.06].map((seconds) => `did not end within ${seconds} s`))
  })

  it('keeps its slot as a zombie while its handler goes on, and what that returns is ignored', async () => {
    const { client, work, untilState, untilSeen } = await workbench()
    const { promise, open } = gate()
    const worker = await work({ a: () => promise }, { concurrency: 1 })
    const { id } = await client.enqueue('a', {}, { timeout: 30, maxRetries: 0 })
    await untilState(id, 'dead')
    expect(await untilSeen('task.zombie')).toMatchObject([{ id }])
    expect(worker.stats()).toMatchObject({ busy: 1, zombies: 1, failed: 1, completed: 0 })
    const next = await client.enqueue('a', {})
    open()
    await untilState(next.id, 'completed')
    expect(worker.stats()).toMatchObject({ busy: 0, zombies: 0, failed: 1, completed: 1 })
    await untilState(id, 'dead')
  })
})

describe('a running task that is cancelled', () => {
  it('learns it at the next renewal and ends as cancelled', async () => {
    const { client, work, untilState, untilSeen } = await workbench()
    const reasons: string[] = []
    await work({ a: patient(reasons) }, { leaseMs: 300 })
    const { id } = await client.enqueue('a', {})
    await untilState(id, 'active')
    expect(await client.cancel(id)).toBe('requested')
    await untilState(id, 'cancelled')
    expect(await untilSeen('task.cancelled')).toMatchObject([{ id }])
    expect(reasons).toEqual(['cancelled'])
  })

  it('is completed when its handler returns all the same', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: patient([], 'return') }, { leaseMs: 300 })
    const { id } = await client.enqueue('a', {})
    await untilState(id, 'active')
    await client.cancel(id)
    expect((await untilState(id, 'completed')).result).toBe('done all the same')
  })
})

describe('a lease', () => {
  it('that was taken away aborts its tasks, and what they do then is refused', async () => {
    const bench = await workbench()
    const reasons: string[] = []
    const first = patient(reasons)
    await bench.work(
      { a: (_: unknown, context: TaskContext) => (context.attempt === 1 ? first(_, context) : 'second run') },
      { leaseMs: 300 },
    )
    const { id } = await bench.client.enqueue('a', {}, { maxRetries: 0 })
    await bench.untilState(id, 'active')
    const [nonce] = (await bench.redis.call('ZRANGE', bench.keys.leases, 0, -1)) as [string]
    await until(async () => {
      await bench.redis.call('ZADD', bench.keys.leases, 'XX', 1, nonce)
      return (await bench.broker.reap('default', 1_000)).reaped.length > 0
    })
    expect(await bench.untilSeen('lease.lost')).toMatchObject([{ queue: 'default', nonce, ids: [id] }])
    expect(reasons).toEqual(['lease_lost'])
    expect(await bench.untilSeen('task.stale')).toMatchObject([{ id, attempt: 1 }])
    expect(await bench.untilState(id, 'completed')).toMatchObject({ attempt: 2, result: 'second run' })
  })

  it('that cannot be renewed ends by the own clock of the worker', async () => {
    const bench = await workbench()
    const reasons: string[] = []
    const { promise, open } = gate()
    await bench.work(
      {
        async a(_: unknown, { signal }: TaskContext) {
          signal.addEventListener('abort', () => reasons.push((signal.reason as Aborted).why))
          await promise
          return 'late'
        },
      },
      { leaseMs: 300 },
    )
    const { id } = await bench.client.enqueue('a', {})
    await bench.untilState(id, 'active')
    // A key of the wrong kind makes every renewal fail, and nothing else of this task.
    await bench.redis.batch([
      ['RENAME', bench.keys.leases, `${bench.keys.leases}:aside`],
      ['SET', bench.keys.leases, 'x'],
    ])
    await until(() => reasons.length > 0)
    await bench.redis.call('RENAME', `${bench.keys.leases}:aside`, bench.keys.leases)
    open()
    expect((await bench.untilState(id, 'completed')).result).toBe('late')
    expect(reasons).toEqual(['lease_lost'])
  })

  it('is kept while a handler blocks the event loop for longer than it lasts', async () => {
    const { client, url, namespace, work, untilState } = await workbench()
    const leaseMs = 600
    await work({ a: () => block(1500) }, { leaseMs })
    const reaper = new Thread(new URL('./fixtures/reaper-thread.ts', import.meta.url), {
      workerData: { url, namespace, leaseMs },
    })
    await once(reaper, 'message')
    const { id } = await client.enqueue('a', {})
    const task = await untilState(id, 'completed')
    expect(task.attempt).toBe(1)
    const told = once(reaper, 'message')
    reaper.postMessage('stop', [])
    const [{ reaped, sweeps }] = (await told) as [{ reaped: string[]; sweeps: number }]
    expect(reaped).toEqual([])
    expect(sweeps).toBeGreaterThan(5)
  })

  it('of a blocked event loop ends at the deadline and its grace: the task is failed in its place', async () => {
    const { client, work, untilState, untilSeen } = await workbench()
    await work({ a: () => block(1500) }, { leaseMs: 300, deadlineGraceMs: 200 })
    const { id } = await client.enqueue('a', {}, { timeout: 100, maxRetries: 0 })
    const task = await untilState(id, 'dead')
    expect(task.error).toMatchObject({
      attempt: 1,
      reason: 'timeout',
      message: expect.stringContaining('did not react'),
    })
    expect(await untilSeen('task.stale')).toMatchObject([{ id }])
  })
})

describe('suspects', () => {
  /** Enqueues tasks, lets a worker die with them twice, and takes them back. */
  async function suspects(bench: Workbench, count: number): Promise<string[]> {
    const ids: string[] = []
    for (let i = 0; i < count; i++) ids.push((await bench.client.enqueue('suspect', {})).id)
    const quotas = { ...NONE, default: count }
    const request = { worker: 'dead', want: count, quotas, leaseMs: 100, timeoutMs: 1000, idle: true, timeouts: {} }
    for (let i = 0; i < 2; i++) {
      await bench.broker.claim('default', request)
      await until(async () => (await bench.broker.reap('default', 1_000)).reaped.length > 0)
    }
    return ids
  }

  it('run one by one with nothing beside them in their worker', async () => {
    const bench = await workbench()
    const ids = await suspects(bench, 3)
    let running = 0
    const beside: number[] = []
    const during = async (isSuspect: boolean): Promise<void> => {
      running++
      await new Promise((resolve) => setImmediate(resolve))
      if (isSuspect) beside.push(running)
      running--
    }
    for (let i = 0; i < 20; i++) await bench.client.enqueue('other', {}, { queue: i % 2 ? 'default' : 'second' })
    await bench.work(
      { suspect: () => during(true), other: () => during(false) },
      { queues: ['default', 'second'], concurrency: 8 },
    )
    for (const id of ids) expect((await bench.untilState(id, 'completed')).attempt).toBe(3)
    await bench.untilSeen('task.completed', 23)
    expect(beside).toEqual([1, 1, 1])
  })

  it('wait until what runs has ended', async () => {
    const bench = await workbench()
    const { promise, open } = gate()
    const order: string[] = []
    await bench.work(
      {
        long: () => promise.then(() => void order.push('long ended')),
        suspect: () => void order.push('suspect ran'),
      },
      { concurrency: 8 },
    )
    const long = await bench.client.enqueue('long', {})
    await bench.untilState(long.id, 'active')
    await bench.client.operator.pause('default')
    const { id } = await bench.client.enqueue('suspect', {})
    await bench.redis.call('HSET', bench.keys.attempts, id, '2,0,0,2,0,0')
    await bench.client.operator.resume('default')
    // Once the worker has found the suspect it holds the part of the one who drains.
    await until(async () => (await bench.redis.call('HGET', bench.keys.meta, 'alone')) !== null)
    expect(order).toEqual([])
    open()
    await bench.untilState(id, 'completed')
    expect(order).toEqual(['long ended', 'suspect ran'])
  })
})
