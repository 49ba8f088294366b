import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Discard, Snooze } from '../../src/core/errors.ts'
import { type TaskContext, defineTask } from '../../src/core/handlers.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { workbench } from '../helpers/workbench.ts'

const boom = (): never => {
  throw new Error('boom')
}

describe('a task whose handler returns', () => {
  it('is completed, with a record of the run and its result', async () => {
    const { client, work, untilState, seen } = await workbench()
    const worker = await work({ greet: (payload: { name: string }) => ({ text: `hello ${payload.name}` }) })
    const { id } = await client.enqueue('greet', { name: 'Ada' })
    const task = await untilState(id, 'completed')
    expect(task).toMatchObject({ attempt: 1, worker: worker.id, type: 'greet', result: { text: 'hello Ada' } })
    expect(task.finishedAtMs).toBeGreaterThanOrEqual(task.startedAtMs!)
    expect(seen('task.started')).toMatchObject([{ id, type: 'greet', queue: 'default', attempt: 1 }])
    expect(seen('task.completed')).toMatchObject([{ id, late: false }])
    expect(worker.stats()).toMatchObject({ busy: 0, completed: 1, failed: 0 })
  })

  it('leaves nothing behind when no record is kept', async () => {
    const { client, redis, namespace, work, untilSeen } = await workbench()
    await work([defineTask({ type: 'a', resultTtl: 0, run: () => 5 })])
    await client.enqueue('a', {})
    await untilSeen('task.completed')
    expect(await redis.call('HLEN', queueKeys(namespace, 'default', 'x').results)).toBe(0)
  })

  it('may return nothing', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => {} })
    const { id } = await client.enqueue('a', {})
    expect((await untilState(id, 'completed')).result).toBeUndefined()
  })

  it('keeps a note in place of a result over 64 KiB', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => 'x'.repeat(70_000) })
    const { id } = await client.enqueue('a', {})
    expect((await untilState(id, 'completed')).result).toEqual(expect.stringContaining('70002'))
  })

  it('has failed when its result cannot be written down', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => 5n })
    const { id } = await client.enqueue('a', {}, { maxRetries: 0 })
    const { error } = await untilState(id, 'dead')
    expect(error).toMatchObject({ reason: 'error', message: expect.stringContaining('cannot be written as JSON') })
  })
})

describe('a task whose handler throws', () => {
  it('is retried after exactly 200, 400 and 800 ms without jitter, then dies of its error', async () => {
    const { client, redis, keys, work, seen, promoteUntil, redisNowMs, untilState } = await workbench()
    await work([defineTask({ type: 'a', retry: { limit: 3, jitter: 'none' }, run: boom })])
    const { id } = await client.enqueue('a', {})
    for (const [i, delayMs] of [200, 400, 800].entries()) {
      const beforeMs = await redisNowMs()
      await promoteUntil(() => seen('task.retrying').length === i + 1)
      const dueMs = Number(await redis.call('ZSCORE', keys.scheduled, `d${id}`))
      expect(seen('task.retrying')[i]).toMatchObject({ id, attempt: i + 1, delayMs, reason: 'error', error: 'boom' })
      expect(dueMs).toBeGreaterThanOrEqual(beforeMs + delayMs)
      expect(dueMs).toBeLessThanOrEqual((await redisNowMs()) + delayMs)
    }
    await promoteUntil(() => seen('task.dead').length === 1)
    const task = await untilState(id, 'dead')
    expect(task.error).toMatchObject({ attempt: 4, reason: 'error', message: 'boom' })
    expect(task.error?.stack).toContain('worker.test.ts')
    expect(task.attempts).toHaveLength(4)
  })

  it('is retried as often as the task says, else its type, else the worker', async () => {
    const { client, work, untilState } = await workbench()
    const tasks = [
      defineTask({ type: 'typed', retry: { limit: 0 }, run: boom }),
      defineTask({ type: 'plain', run: boom }),
    ]
    await work(tasks, { maxRetries: 0 })
    const states = await Promise.all(
      [client.enqueue('typed', {}), client.enqueue('plain', {})].map(async (one) => untilState((await one).id, 'dead')),
    )
    expect(states.map(({ attempt }) => attempt)).toEqual([1, 1])
    const { id } = await client.enqueue('typed', {}, { maxRetries: 1 })
    await untilState(id, 'retrying')
  })

  it.each([
    ['a string', 'plain words', 'plain words'],
    ['nothing', undefined, 'undefined'],
    ['an object', { code: 5 }, '{ code: 5 }'],
    ['an error that cannot be read', Object.defineProperty(new Error('x'), 'message', { get: boom }), 'cannot be read'],
  ])('fails with words also when it throws %s', async (_, thrown, message) => {
    const { client, work, untilState } = await workbench()
    await work({
      a: () => {
        throw thrown
      },
    })
    const { id } = await client.enqueue('a', {}, { maxRetries: 0 })
    expect((await untilState(id, 'dead')).error?.message).toContain(message)
  })

  it('keeps a kibibyte of the message and four of the stack', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => Promise.reject(new Error('x'.repeat(100_000))) })
    const { id } = await client.enqueue('a', {}, { maxRetries: 0 })
    const { error } = await untilState(id, 'dead')
    expect(error?.message).toHaveLength(1024)
    expect(error?.stack).toHaveLength(4096)
  })

  it('is dead at once when it throws Discard', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => Promise.reject(new Discard('no such customer')) })
    const { id } = await client.enqueue('a', {})
    expect((await untilState(id, 'dead')).error).toMatchObject({
      reason: 'discarded',
      message: 'no such customer',
      attempt: 1,
    })
  })

  it('runs again later, uncounted, when it throws Snooze', async () => {
    const { client, redis, keys, work, seen, promoteUntil, untilSeen, untilState } = await workbench()
    const attempts: number[] = []
    await work({
      a: (_: unknown, { attempt }: TaskContext) => {
        attempts.push(attempt)
        if (attempts.length === 1) throw new Snooze('50ms')
      },
    })
    const { id } = await client.enqueue('a', {}, { maxRetries: 0 })
    expect(await untilSeen('task.snoozed')).toMatchObject([{ id, delayMs: 50 }])
    expect(await redis.call('ZSCORE', keys.scheduled, `d${id}`)).not.toBeNull()
    await promoteUntil(() => seen('task.completed').length === 1)
    await untilState(id, 'completed')
    expect(attempts).toEqual([1, 1])
  })

  it('has failed when its Snooze has no usable delay', async () => {
    const { client, work, untilState } = await workbench()
    await work({ a: () => Promise.reject(new Snooze('a while')) })
    const { id } = await client.enqueue('a', {}, { maxRetries: 0 })
    expect((await untilState(id, 'dead')).error).toMatchObject({
      reason: 'error',
      message: expect.stringContaining('a while'),
    })
  })
})

describe('a payload', () => {
  const strict = (
    run: (payload: { n: number }) => unknown,
  ): ReturnType<typeof defineTask<{ n: number }, unknown, { n: string }>> =>
    defineTask({ type: 'a', payload: z.object({ n: z.string().regex(/^\d+$/).transform(Number) }), run })

  it('reaches the handler as its schema makes it, though it was stored as it came', async () => {
    const { client, work, untilState } = await workbench()
    const definition = strict(({ n }) => n + 1)
    await work([definition])
    const { id } = await client.enqueue(definition, { n: '41' })
    expect((await untilState(id, 'completed')).result).toBe(42)
  })

  it('that does not fit its schema is dead without a run', async () => {
    const { client, work, untilState, seen } = await workbench()
    await work([strict(({ n }) => n)])
    const { id } = await client.enqueue('a', { n: 'many' })
    const { error } = await untilState(id, 'dead')
    expect(error).toMatchObject({ reason: 'invalid_payload', message: expect.stringMatching(/^n: /) })
    expect(seen('task.started')).toEqual([])
  })

  it('that is not JSON is dead as malformed, and its neighbours run', async () => {
    const { client, redis, keys, work, untilState } = await workbench()
    const broken = await client.enqueue('a', {})
    const fine = await client.enqueue('a', {})
    await redis.call('HSET', keys.tasks, broken.id, 'd|a\n\n{broken')
    await work({ a: () => 1 })
    await untilState(fine.id, 'completed')
    expect((await untilState(broken.id, 'dead')).error).toMatchObject({ reason: 'malformed' })
  })
})
