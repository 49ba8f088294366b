import { beforeEach, describe, expect, it } from 'vitest'
import { Discard } from '../../src/core/errors.ts'
import { globalKeys } from '../../src/core/keys.ts'
import { until } from '../helpers/until.ts'
import { gate, workbench, type Workbench } from '../helpers/workbench.ts'

let bench: Workbench
beforeEach(async () => {
  bench = await workbench()
})

const reasonsOf = async (id: string) => (await bench.client.inspector.explain(id)).reasons
const codesOf = async (id: string): Promise<string[]> => (await reasonsOf(id)).map(({ code }) => code)

/** A worker that others see in their list. */
async function seenWorker(...args: Parameters<Workbench['work']>): Promise<string> {
  const [tasks, options] = args
  const worker = await bench.work(tasks, { upkeep: true, ...options })
  const isListed = async () => (await bench.client.inspector.workers()).some(({ id }) => id === worker.id)
  await until(isListed, { what: 'the worker to be listed' })
  return worker.id
}

describe('a task in line', () => {
  it('waits because nobody serves its queue, the queue is paused, and others are ahead', async () => {
    for (let i = 0; i < 3; i++) await bench.client.enqueue('a', i)
    await bench.client.enqueue('a', 'first', { priority: 'high' })
    const { id } = await bench.client.enqueue('a', 'mine')
    await bench.client.operator.pause('default')
    const reasons = await reasonsOf(id)
    expect(reasons).toMatchObject([
      {
        code: 'paused',
        text: expect.stringContaining('queue default is paused by library since'),
        details: { by: 'library' },
      },
      { code: 'no_worker', text: 'no live worker serves queue default', details: { live: 0 } },
      { code: 'ahead', text: '4 tasks are ahead of it, its priority is default', details: { ahead: 4, exact: true } },
    ])
  })

  it('does not count those ahead that were cancelled', async () => {
    const ids: string[] = []
    for (let i = 0; i < 4; i++) ids.push((await bench.client.enqueue('a', i)).id)
    await bench.client.cancel(ids[0]!)
    await bench.client.cancel(ids[1]!)
    expect((await reasonsOf(ids[3]!)).at(-1)).toMatchObject({ code: 'ahead', details: { ahead: 1, exact: true } })
    expect((await reasonsOf(ids[2]!)).at(-1)).toMatchObject({
      code: 'next',
      text: 'it is next in line, priority default',
    })
  })

  it('is told to have more than so many ahead in a line longer than is looked at', async () => {
    const items = Array.from({ length: 10_500 }, (_, i) => ({ type: 'a', payload: i }))
    const results = await bench.client.enqueueMany(items)
    const last = results.at(-1) as { id: string }
    expect((await reasonsOf(last.id)).at(-1)).toMatchObject({
      code: 'ahead',
      text: 'more than 10000 tasks are ahead of it, its priority is default',
      details: { exact: false },
    })
  })

  it('waits for a worker that knows its type, that claims, or that has a free slot', async () => {
    const held = gate()
    const worker = await seenWorker({ b: () => held.promise }, { concurrency: 1 })
    await bench.client.operator.pause('default')
    const { id } = await bench.client.enqueue('a', 1)
    expect(await reasonsOf(id)).toMatchObject([
      { code: 'paused' },
      { code: 'type_unknown', details: { type: 'a' } },
      {},
    ])
    await bench.client.operator.quiet(worker, true)
    expect(await reasonsOf(id)).toMatchObject([{ code: 'paused' }, { code: 'workers_quiet' }, {}])
    await bench.client.operator.quiet(worker, false)
    await bench.client.cancel(id)
    await bench.client.operator.resume('default')
    await bench.client.enqueue('b', 1)
    await bench.untilSeen('task.started')
    const { id: next } = await bench.client.enqueue('b', 2)
    await until(async () => (await codesOf(next)).includes('slots_busy'), { what: 'the slot to be told as taken' })
    expect((await reasonsOf(next)).map(({ code }) => code)).toEqual(['slots_busy', 'next'])
    held.open()
    await bench.untilState(next, 'completed')
  })

  it('of which workers died waits for a process of its own, or to be alone', async () => {
    const { id } = await bench.client.enqueue('a', 1)
    await bench.redis.call('HSET', bench.keys.attempts, id, '2,0,0,2,0,0')
    expect(await reasonsOf(id)).toMatchObject([{}, { code: 'suspect', details: { deaths: 2, needs: 'process' } }, {}])
    await bench.redis.call('HSET', bench.keys.attempts, id, '4,0,2,4,0,0')
    expect(await reasonsOf(id)).toMatchObject([{}, { code: 'suspect', details: { deaths: 4, needs: 'alone' } }, {}])
  })
})

describe('a task that waits for its time', () => {
  it('is delayed until then, or overdue where nothing moves it', async () => {
    const { id } = await bench.client.enqueue('a', 1, { delay: '1h' })
    expect(await reasonsOf(id)).toMatchObject([
      { code: 'delayed', text: expect.stringMatching(/^it waits until \S+Z, in (1h|59m\d+s)$/) },
      { code: 'no_worker' },
    ])
    const { id: due } = await bench.client.enqueue('a', 1, { runAt: Date.now() - 60_000 })
    expect((await reasonsOf(due))[0]!.text).toMatch(/was due 1m\S* ago: no scheduler/)
  })

  it('waits for its next attempt, with what the last one failed of', async () => {
    await bench.work({
      a: () => {
        throw new Error('no route')
      },
    })
    const { id } = await bench.client.enqueue('a', 1, { maxRetries: 5 })
    await bench.untilState(id, 'retrying')
    expect((await reasonsOf(id))[0]).toMatchObject({
      code: 'retrying',
      text: expect.stringMatching(/^retry 1 of 5 waits .*; it failed with error: no route$/),
      details: { retries: 1, reason: 'error', message: 'no route' },
    })
  })

  it('was put off by a worker that does not know its type', async () => {
    await bench.work({ b: () => 1 })
    const { id } = await bench.client.enqueue('a', 1)
    await bench.untilSeen('task.unknown')
    expect((await codesOf(id))[0]).toBe('put_off')
  })
})

describe('a task that runs', () => {
  it('is held by a worker, until its lease and its deadline', async () => {
    const held = gate()
    const worker = await seenWorker({ a: () => held.promise })
    const { id } = await bench.client.enqueue('a', 1)
    await bench.untilSeen('task.started')
    const [reason, ...more] = await reasonsOf(id)
    expect(more).toEqual([])
    expect(reason).toMatchObject({ code: 'running', details: { worker, attempt: 1 } })
    expect(reason!.text).toContain(`${worker} runs it for `)
    await bench.client.cancel(id)
    expect(await codesOf(id)).toEqual(['cancel_requested', 'running'])
    held.open()
    await bench.untilState(id, 'completed')
  })

  it('of a worker that fell silent waits for a reaper', async () => {
    const held = gate()
    const worker = await seenWorker({ a: () => held.promise })
    const { id } = await bench.client.enqueue('a', 1)
    await bench.untilSeen('task.started')
    await bench.redis.call('ZADD', globalKeys(bench.namespace).workers, 1, worker)
    expect(await reasonsOf(id)).toMatchObject([
      { code: 'holder_silent', text: expect.stringContaining(`its worker ${worker} has fallen silent`) },
      { code: 'running' },
    ])
    held.open()
    await bench.untilState(id, 'completed')
  })
})

describe('a task that is over', () => {
  it('died of something, and may be replayed unless its key was taken', async () => {
    await bench.work({
      a: () => {
        throw new Discard('broken address')
      },
    })
    const { id } = await bench.client.enqueue('a', 1, { unique: { for: '10m' }, idempotencyKey: 'k' })
    await bench.untilState(id, 'dead')
    expect(await reasonsOf(id)).toMatchObject([
      {
        code: 'dead',
        details: { reason: 'discarded', message: 'broken address', replay: `dq dlq replay ${id} --queue default` },
      },
    ])
    const { id: next } = await bench.client.enqueue('b', 2, { idempotencyKey: 'k', delay: '1h' })
    expect((await reasonsOf(id))[1]).toMatchObject({
      code: 'key_taken',
      text: `task ${next} holds its idempotency key while it lives: a replay would be refused`,
    })
    await bench.client.operator.purge('default', [id])
    expect(await bench.client.inspector.explain(id)).toMatchObject({
      state: 'trash',
      reasons: [{ code: 'purged', text: expect.stringContaining(`dq dlq undo ${id} --queue default`) }],
    })
  })

  it('was completed or cancelled, when and by whom', async () => {
    const worker = await bench.work({ a: () => 1 })
    const { id } = await bench.client.enqueue('a', 1)
    await bench.untilState(id, 'completed')
    expect(await reasonsOf(id)).toMatchObject([{ code: 'completed', details: { worker: worker.id } }])
    const { id: other } = await bench.client.enqueue('a', 1, { delay: '1h' })
    await bench.client.cancel(other)
    expect(await codesOf(other)).toEqual(['cancelled'])
  })
})

describe('a key', () => {
  it('that makes others duplicates is told', async () => {
    const { id } = await bench.client.enqueue('a', 1, { unique: { for: '10m' }, delay: '1h' })
    expect((await reasonsOf(id)).at(-1)).toMatchObject({
      code: 'holds_key',
      text: expect.stringMatching(/^it holds its unique key for another (10m|9m\d+s): others are duplicates of it$/),
      details: { key: 'unique', owner: id },
    })
  })
})
