import { describe, expect, it } from 'vitest'
import type { TaskContext } from '../../src/core/handlers.ts'
import { gate, workbench } from '../helpers/workbench.ts'

describe('a type without a handler', () => {
  const MINUTES = 60_000
  const setUnknownSince = async (
    bench: Awaited<ReturnType<typeof workbench>>,
    id: string,
    sinceMs: number,
  ): Promise<unknown> => bench.redis.call('HSET', bench.keys.attempts, id, `0,0,0,0,0,${sinceMs}`)

  it('is put off for a second, uncounted', async () => {
    const bench = await workbench()
    await bench.work({ known: () => 1 })
    const { id } = await bench.client.enqueue('unknown', {})
    expect(await bench.untilSeen('task.unknown')).toMatchObject([{ id, delayMs: 1000 }])
    expect(await bench.untilState(id, 'scheduled')).toMatchObject({ attempt: 0 })
  })

  it('dies after ten minutes when no live worker knows it', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('unknown', {})
    await setUnknownSince(bench, id, Date.now() - 11 * MINUTES)
    await bench.work({ known: () => 1 })
    expect((await bench.untilState(id, 'dead')).error).toMatchObject({
      reason: 'no_handler',
      message: 'no worker has a handler for unknown',
    })
  })

  it('lives on when another live worker knows it', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('elsewhere', {})
    await setUnknownSince(bench, id, Date.now() - 11 * MINUTES)
    await bench.work({ elsewhere: () => 1 }, { queues: ['other'] })
    await bench.work({ known: () => 1 })
    expect(await bench.untilSeen('task.unknown')).toMatchObject([{ id, delayMs: 30_000 }])
  })
})

describe('the context of a handler', () => {
  it('tells what the task is', async () => {
    const { client, work, untilSeen } = await workbench()
    const seen: unknown[] = []
    await work({
      a(_: unknown, { id, type, queue, attempt, maxAttempts, fence, signal }: TaskContext) {
        seen.push({ id, type, queue, attempt, maxAttempts, fence, isAborted: signal.aborted })
      },
    })
    const { id } = await client.enqueue('a', {}, { maxRetries: 5 })
    await untilSeen('task.completed')
    expect(seen).toEqual([{ id, type: 'a', queue: 'default', attempt: 1, maxAttempts: 6, fence: 1, isAborted: false }])
  })

  it('logs as events, enqueues further tasks, and has functions that stand alone', async () => {
    const { client, work, untilSeen } = await workbench()
    await work({
      async first(_: unknown, { log, enqueue }: TaskContext) {
        const { info } = log
        info('going on', { step: 1 })
        await enqueue('second', { from: 'first' })
      },
      second: () => 1,
    })
    await client.enqueue('first', {})
    const completed = await untilSeen('task.completed', 2)
    expect(completed.map(({ type }) => type).toSorted()).toEqual(['first', 'second'])
    expect(await untilSeen('task.log')).toMatchObject([
      { type: 'first', level: 'info', message: 'going on', fields: { step: 1 } },
    ])
  })

  it('keeps the progress of a task behind its hold', async () => {
    const { client, redis, keys, work, untilState } = await workbench()
    const { promise, open } = gate()
    const noted = gate()
    await work({
      async a(_: unknown, { progress }: TaskContext) {
        expect(() => progress(Number.NaN)).toThrow('is not a number')
        progress(0.25)
        progress(0.5)
        noted.open()
        await promise
      },
    })
    const { id } = await client.enqueue('a', {})
    await noted.promise
    await expect.poll(() => redis.call('HGET', keys.holders, id)).toMatch(/\|0\.5$/)
    open()
    await untilState(id, 'completed')
  })
})
