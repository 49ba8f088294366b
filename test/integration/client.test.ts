import { beforeEach, describe, expect, test } from 'vitest'
import { Client } from '../../src/core/client.ts'
import { defineTask } from '../../src/core/handlers.ts'
import { globalKeys } from '../../src/core/keys.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { openQueue, type TestQueue } from '../helpers/engine.ts'

let q: TestQueue
let client: Client
beforeEach(async () => {
  q = await openQueue()
  q.nowMs = Date.now()
  client = new Client({ redis: q.redis, namespace: q.namespace })
})

/** Claims everything of `q` and returns its nonce. */
async function claimAll(): Promise<string> {
  const [, nonce] = (await q.claim({ want: 100 })) as [string, string]
  return nonce
}

/** How often Redis ran a script since the server began. */
async function scriptCalls(): Promise<number> {
  const stats = await q.raw.info('commandstats')
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

describe('enqueue', () => {
  test('tells the id; the task, its queue and its state can be looked up at once', async () => {
    const { id, outcome } = await client.enqueue('mail', { to: 1 }, { queue: 'q' })
    expect(outcome).toBe('enqueued')
    expect(await client.getTask(id)).toMatchObject({
      id,
      type: 'mail',
      queue: 'q',
      state: 'pending',
      payload: { to: 1 },
    })
    expect(await client.inspector.queueNames()).toEqual(['q'])
  })

  test('calls of one turn leave as one, and each gets its own answer', async () => {
    await client.enqueue('mail', 0, { queue: 'q' })
    const before = await scriptCalls()
    const calls = Array.from({ length: 100 }, (_, i) => client.enqueue('mail', i, { queue: 'q', id: `t${i % 99}` }))
    const results = await Promise.allSettled(calls)
    expect((await scriptCalls()) - before).toBe(1)
    expect(results.slice(0, 99).map((one) => one.status === 'fulfilled' && one.value.id)).toEqual(
      Array.from({ length: 99 }, (_, i) => `t${i}`),
    )
    expect(results[99]).toMatchObject({ status: 'rejected', reason: { code: 'conflict' } })
  })

  test('the same id with the same content is a duplicate, a key names its owner', async () => {
    const options = { queue: 'q', id: 'order', idempotencyKey: 'k' }
    expect(await client.enqueue('mail', 1, options)).toEqual({ id: 'order', outcome: 'enqueued' })
    expect(await client.enqueue('mail', 1, options)).toEqual({ id: 'order', outcome: 'duplicate' })
    expect(await client.enqueue('mail', 2, { queue: 'q', idempotencyKey: 'k' })).toEqual({
      id: 'order',
      outcome: 'duplicate',
    })
    await expect(client.enqueue('mail', 2, { ...options, idempotencyKey: 'l' })).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  test('a definition may say that its tasks are unique, also to those who only know its name', async () => {
    const once = defineTask({ type: 'once', queue: 'q', unique: { for: '10m', mode: 'replace' }, run: () => undefined })
    const first = await client.enqueue(once, { a: 1, b: [2] })
    expect(await client.enqueue(once, { b: [2], a: 1 })).toEqual({ id: first.id, outcome: 'replaced' })
    expect((await client.enqueue(once, { a: 1, b: [3] })).outcome).toBe('enqueued')
    expect(await client.enqueue(once, { a: 1, b: [2] }, { unique: { for: '1m' } })).toMatchObject({
      outcome: 'duplicate',
    })
    const worker = new Worker({ redis: q.redis, namespace: q.namespace, queues: ['elsewhere'], tasks: [once] })
    await worker.start()
    await worker.stop()
    expect(await client.enqueue('once', { a: 1, b: [2] })).toEqual({ id: first.id, outcome: 'replaced' })
  })

  test('takes queue and priority from the definition, and refuses a payload that it does not allow', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => (value === 1 ? { value } : { issues: [{ message: 'is not 1' }] }),
      },
    }
    const task = defineTask({ type: 'one', payload: schema, queue: 'q', priority: 'low', run: () => undefined })
    const { id } = await client.enqueue(task, 1)
    expect(await client.getTask(id)).toMatchObject({ queue: 'q', priority: 'low' })
    await expect(client.enqueue(task, 2)).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('takes queue and priority of a bare name from what workers registered', async () => {
    await q.raw.hset(globalKeys(q.namespace).types, 'pdf', '{"queue":"q","priority":"high"}')
    const { id } = await client.enqueue('pdf', 1)
    expect(await client.getTask(id)).toMatchObject({ queue: 'q', priority: 'high' })
  })

  test('options that cannot be never reach Redis', async () => {
    await expect(client.enqueue('mail', 1, { queue: 'a b' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(client.enqueue('ma il', 1)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await client.inspector.queueNames()).toEqual([])
  })

  test('a task for later is scheduled by the clock of Redis', async () => {
    const { id } = await client.enqueue('mail', 1, { queue: 'q', delay: '1h' })
    const task = await client.getTask(id)
    expect(task?.state).toBe('scheduled')
    expect(Math.abs(task!.runAtMs! - Date.now() - 3_600_000)).toBeLessThan(10_000)
  })
})

describe('enqueueMany', () => {
  test('answers per item, in order; one that is refused does not lose the others', async () => {
    const results = await client.enqueueMany([
      { type: 'mail', payload: 1, queue: 'q', id: 'a' },
      { type: 'mail', payload: 1, queue: 'q', id: 'a' },
      { type: 'mail', payload: 2, queue: 'q', id: 'a' },
      { type: 'ma il', payload: 1 },
      { type: 'mail', payload: 'x'.repeat(300_000), queue: 'q' },
      { type: 'mail', payload: 1, delay: 1, runAt: 1 },
      { type: 'pdf', payload: 1, queue: 'other', id: 'b' },
    ])
    expect(results.map((one) => ('error' in one ? one.error.code : `${one.outcome} ${one.id}`))).toEqual([
      'enqueued a',
      'duplicate a',
      'conflict',
      'invalid_input',
      'payload_too_large',
      'invalid_input',
      'enqueued b',
    ])
    expect(await client.inspector.queueNames()).toEqual(['other', 'q'])
  })

  test('of nothing is nothing', async () => {
    expect(await client.enqueueMany([])).toEqual([])
  })

  test('keeps the order of the items of a type, over more than one call', async () => {
    const items = Array.from({ length: 1_100 }, (_, i) => ({ type: 'mail', payload: i, queue: 'q', id: `t${i}` }))
    await client.enqueueMany(items)
    expect((await q.state())['pending:default']).toEqual(items.map(({ id }) => id).toReversed())
    await q.expectSound()
  })

  test('keeps the order of items, whether or not their type has to be looked up', async () => {
    await client.enqueueMany([
      { type: 'unknown', payload: 1, queue: 'q', id: 'first' },
      { type: 'unknown', payload: 1, queue: 'q', priority: 'default', id: 'second' },
    ])
    expect((await q.state())['pending:default']).toEqual(['second', 'first'])
  })

  test('sends payloads of many bytes in several calls', async () => {
    const items = Array.from({ length: 12 }, (_, i) => ({ type: 'mail', payload: 'ü'.repeat(60_000 + i), queue: 'q' }))
    await client.enqueue('mail', 0, { queue: 'q' })
    const before = await scriptCalls()
    const results = await client.enqueueMany(items)
    expect(results.every((one) => 'outcome' in one)).toBe(true)
    expect((await scriptCalls()) - before).toBe(2)
  })
})

describe('cancel', () => {
  test('finds the queue of a task by itself', async () => {
    const { id } = await client.enqueue('mail', 1, { queue: 'q' })
    await client.enqueue('mail', 1, { queue: 'r' })
    expect(await client.cancel(id)).toBe('cancelled')
    expect(await client.cancel(id)).toBe('final')
    expect(await client.getTask(id)).toMatchObject({ state: 'cancelled' })
    await q.expectSound()
  })

  test('asks a running task to stop, and knows no task that is none', async () => {
    await client.enqueue('mail', 1, { queue: 'q', id: 'a' })
    await claimAll()
    expect(await client.cancel('a', { queue: 'q' })).toBe('requested')
    expect(await client.getTask('a')).toMatchObject({ state: 'active', cancelRequested: true })
    expect(await client.cancel('nobody')).toBe('not_found')
    expect(await client.cancel('a', { queue: 'other' })).toBe('not_found')
  })
})

describe('waitFor', () => {
  test('gives the task at its end, with its result', async () => {
    await client.enqueue('mail', 1, { queue: 'q', id: 'a' })
    const waiting = client.waitFor('a')
    const nonce = await claimAll()
    await q.complete({ nonce, ids: ['a'], record: '{"t":"mail","s":"completed","r":{"sent":true}}' })
    expect(await waiting).toMatchObject({ id: 'a', state: 'completed', result: { sent: true } })
  })

  test('gives a task that died or was cancelled as well', async () => {
    await client.enqueue('mail', 1, { queue: 'q', id: 'a' })
    const nonce = await claimAll()
    await q.fail({ nonce, id: 'a', verdict: 'dead' })
    expect(await client.waitFor('a', { queue: 'q' })).toMatchObject({ state: 'dead', error: { message: 'no' } })
    await client.enqueue('mail', 1, { queue: 'q', id: 'b' })
    await client.cancel('b')
    expect(await client.waitFor('b')).toMatchObject({ state: 'cancelled' })
  })

  test('ends with an error after its time, and for what nobody knows', async () => {
    await client.enqueue('mail', 1, { queue: 'q', id: 'a' })
    await expect(client.waitFor('a', { timeoutMs: 40 })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('still pending') as string,
    })
    await expect(client.waitFor('nobody')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a client', () => {
  test.each([{ namespace: 'a b' }, { namespace: '' }, { idempotencyTtlMs: -1 }, { idempotencyTtlMs: Number.NaN }])(
    'cannot have %j',
    (options) => {
      expect(() => new Client({ redis: q.redis, ...options })).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      )
    },
  )

  test('gives idempotency keys and chosen ids the life it was told', async () => {
    const short = new Client({ redis: q.redis, namespace: q.namespace, idempotencyTtlMs: 30_000 })
    await short.enqueue('mail', 1, { queue: 'q', idempotencyKey: 'k' })
    expect(Object.values((await q.state())['tasks']!)[0]).toContain('|k=30\n')
  })

  test('leaves a connection open that it was given, and closes its own', async () => {
    await client.close()
    expect(await q.redis.call('PING')).toBe('PONG')
    const own = new Client({ redisUrl: `unix://${q.raw.options.path}`, namespace: q.namespace })
    await own.enqueue('mail', 1, { queue: 'q' })
    await own.close()
    await expect(own.enqueue('mail', 1, { queue: 'q' })).rejects.toMatchObject({ name: 'DqError' })
  })
})
