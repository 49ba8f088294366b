import { beforeEach, describe, expect, test } from 'vitest'
import { globalKeys } from '../../src/core/keys.ts'
import { encodeWorker, type WorkerReport } from '../../src/core/workers.ts'
import { aFailure, aTask, openQueue, tasksNamed, type TestQueue } from '../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  q.nowMs = Date.now()
})

describe('the page of the dead', () => {
  beforeEach(async () => {
    await q.enqueue(...tasksNamed('a', 'b'), aTask('c', { type: 'pdf' }))
    await q.claim()
    const die = (id: string, line: string, type = 'mail') => q.fail({ nonce: '1-r', id, verdict: 'dead', line, type })
    await die('a', aFailure('Connection REFUSED by peer'))
    q.nowMs += 1_000
    await die('b', aFailure('no such user'))
    q.nowMs += 1_000
    await die('c', aFailure('connection refused'), 'pdf')
  })

  const page = async (filter: Parameters<TestQueue['inspector']['deadPage']>[1]) => {
    const { items, scanned } = await q.inspector.deadPage('q', filter)
    return [items.map(({ id }) => id).join(''), scanned]
  }

  test('filters by type, by error in any case of letters, and by time, and tells how many it looked at', async () => {
    expect(await page({})).toEqual(['cba', 3])
    expect(await page({ type: 'mail' })).toEqual(['ba', 3])
    expect(await page({ error: 'connection Refused' })).toEqual(['ca', 3])
    expect(await page({ error: 'error' })).toEqual(['cba', 3])
    expect(await page({ error: 'nothing' })).toEqual(['', 3])
    expect(await page({ beforeMs: q.nowMs - 1_000 })).toEqual(['a', 3])
    expect(await page({ afterMs: q.nowMs - 1_000 })).toEqual(['cb', 3])
    expect(await page({ type: 'mail', error: 'refused', beforeMs: q.nowMs, afterMs: q.nowMs - 2_000 })).toEqual([
      'a',
      3,
    ])
  })

  test('goes on behind the last one it gave, when it gave as many as were asked for', async () => {
    const first = await q.inspector.deadPage('q', { limit: 1, error: 'refused' })
    expect(first.items.map(({ id }) => id)).toEqual(['c'])
    const second = await q.inspector.deadPage('q', { limit: 1, error: 'refused', cursor: first.cursor })
    expect(second.items.map(({ id }) => id)).toEqual(['a'])
  })

  test('shows everything that is known of a dead task', async () => {
    const { items } = await q.inspector.deadPage('q', { type: 'pdf' })
    expect(items[0]).toMatchObject({
      id: 'c',
      type: 'pdf',
      queue: 'q',
      state: 'dead',
      attempt: 1,
      payload: 1,
      payloadBytes: 1,
      finishedAtMs: q.nowMs,
      error: { reason: 'error', message: 'connection refused', worker: 'w' },
    })
  })
})

describe('one task', () => {
  test('that is active shows who holds it until when', async () => {
    await q.enqueue(aTask('a', { timeoutMs: 5_000 }))
    await q.claim({ worker: 'w1' })
    q.nowMs += 1_000
    await q.run('renew', { nonces: ['1-r'] })
    const expected = {
      worker: 'w1',
      startedAtMs: q.nowMs - 1_000,
      leaseExpiresAtMs: q.nowMs + 30_000,
      deadlineAtMs: q.nowMs + 4_000,
    }
    expect(await q.inspector.task('a', 'q')).toMatchObject({ state: 'active', attempt: 1, ...expected })
    expect(await q.inspector.leases({ queues: ['q'] })).toEqual([
      {
        id: 'a',
        type: 'mail',
        queue: 'q',
        priority: 'default',
        attempt: 1,
        leaseMs: 30_000,
        alone: false,
        worker: 'w1',
        claimedAtMs: q.nowMs - 1_000,
        cancelRequested: false,
        leaseExpiresAtMs: expected.leaseExpiresAtMs,
        deadlineAtMs: expected.deadlineAtMs,
      },
    ])
  })

  test('is found in whatever queue it is, also when only its record is left; what is in the trash is gone', async () => {
    await q.raw.sadd(globalKeys(q.namespace).queues, 'other', 'q')
    await q.kill(...tasksNamed('a'))
    expect(await q.inspector.queueOf('a')).toBe('q')
    await q.run('purge', { ids: ['a'] })
    expect(await q.inspector.queueOf('a')).toBeUndefined()
    await q.enqueue(...tasksNamed('b'))
    await q.claim()
    await q.complete({ nonce: '2-r', ids: ['b'], record: '{"t":"mail","s":"completed","o":70000}' })
    expect(await q.inspector.task('b')).toMatchObject({
      state: 'completed',
      queue: 'q',
      result: '(not kept: 70000 bytes)',
    })
  })

  test('with foreign content is shown as it is', async () => {
    await q.raw.hset(q.keys.tasks, 'x', 'what is this')
    expect(await q.inspector.task('x', 'q')).toMatchObject({
      type: 'malformed',
      payload: 'what is this',
      state: 'pending',
    })
  })
})

test('workers are shown with their last beat; one that is silent longer than its lease, and a foreign one, too', async () => {
  const keys = globalKeys(q.namespace)
  const report = { host: 'h', pid: 1, slots: 2, leaseMs: 30_000, queues: ['q'], types: ['mail'], quiet: false }
  await q.raw.hset(keys.workerInfo, 'live', encodeWorker(report as unknown as WorkerReport), 'foreign', 'what')
  await q.raw.hset(keys.workerInfo, 'silent', encodeWorker(report as unknown as WorkerReport))
  await q.raw.zadd(keys.workers, Date.now(), 'live', Date.now() - 60_000, 'silent')
  await q.raw.sadd(keys.quiet, 'live')
  const workers = await q.inspector.workers()
  expect(workers.map(({ id, silent, quiet, slots }) => [id, silent, quiet, slots])).toEqual([
    ['foreign', true, false, 0],
    ['live', false, true, 2],
    ['silent', true, false, 2],
  ])
})
