import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../helpers/engine.ts'

let q: TestQueue
/** A queue with a task in every place there is. */
beforeEach(async () => {
  q = await openQueue()
  await q.kill(...tasksNamed('dead', 'purged'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('done', 'active', 'asked', 'reaped', 'pending', 'cancelled'))
  await q.claim({ want: 3 })
  await q.complete({ nonce: '2-r', ids: ['done'], record: '{}' })
  await q.run('cancel', { ids: ['asked', 'cancelled'] })
  await q.claim({ want: 1, leaseMs: 1 })
  q.nowMs += 10
  await q.run('reap')
  await q.enqueue(aTask('scheduled', { when: 'in', timeMs: 10 }), aTask('high', { priority: 'high' }))
})

const problems = async () => (await q.inspector.verifyDeep('q')).problems
const drift = async () => (await q.inspector.verify('q')).drift

test('a sound queue has no problems, and all its tasks are looked at', async () => {
  expect(await q.inspector.verifyDeep('q')).toEqual({ ok: true, problems: [], counted: 8 })
  expect(await drift()).toEqual([])
})

describe('broken books are found, by the sums or at least by the deep look:', () => {
  type Break = [what: string, () => Promise<unknown>, problem: string, drifts: boolean]
  const breaks: Break[] = [
    [
      'an entry in line was lost',
      () => q.raw.lrem(q.keys.pending_default, 1, 'pending'),
      'task pending is nowhere',
      true,
    ],
    [
      'an entry in line is there twice',
      () => q.raw.lpush(q.keys.pending_low, 'pending'),
      'task pending is in pending and pending',
      true,
    ],
    [
      'an id was moved from one place to another that has it',
      () => q.raw.lset(q.keys.pending_high, 0, 'pending'),
      'task high is nowhere',
      false,
    ],
    [
      'an active task is also in line',
      () => q.raw.lpush(q.keys.pending_low, 'active'),
      'task active is in pending and active',
      true,
    ],
    ['a scheduled task was lost', () => q.raw.zrem(q.keys.scheduled, 'dscheduled'), 'task scheduled is nowhere', true],
    [
      'a task is scheduled in two priorities',
      () => q.raw.zadd(q.keys.scheduled, 1, 'hscheduled'),
      'task scheduled is in scheduled and scheduled',
      true,
    ],
    [
      'a dead task is also in the trash',
      () => q.raw.zadd(q.keys.trash, 1, 'dead'),
      'task dead is in dead and trash',
      true,
    ],
    [
      'a task was lost',
      () => q.raw.hdel(q.keys.tasks, 'pending'),
      'pending is in pending, but there is no such task',
      true,
    ],
    ['a task without a place came in', () => q.raw.hset(q.keys.tasks, 'x', 'd|mail\n\n1'), 'task x is nowhere', true],
    [
      'a foreign id stands in line',
      () => q.raw.rpush(q.keys.pending_low, 'x'),
      'x is in pending, but there is no such task',
      true,
    ],
    [
      'a ghost has no entry',
      () => q.raw.hset(q.keys.ghosts, 'x', 1),
      'x is in ghost without an entry, but there is no such task',
      true,
    ],
    ['a hold was lost', () => q.raw.hdel(q.keys.holders, 'active'), 'grant 2-r holds 1 tasks, its count is 2', true],
    [
      'a grant was lost',
      () => q.raw.hdel(q.keys.grants, '2-r', '2-r:left'),
      'grant 2-r holds 2 tasks, its count is missing',
      true,
    ],
    ['a lease was lost', () => q.raw.zrem(q.keys.leases, '2-r'), 'grant 2-r has no lease', true],
    ['a lease is left over', () => q.raw.zadd(q.keys.leases, 1, 'x'), 'lease x has no grant', false],
    ['a grant is left over', () => q.raw.hset(q.keys.grants, 'x:left', 3), 'grant x holds nothing', false],
    [
      'a count of attempts is left over',
      () => q.raw.hset(q.keys.attempts, 'x', '1'),
      'attempts keeps x, but there is no such task',
      false,
    ],
    [
      'a wish to cancel is left over',
      () => q.raw.hset(q.keys.cancels, 'pending', 1),
      'cancels keeps pending, which is not active',
      false,
    ],
    [
      'a note of a lost lease is left over',
      () => q.raw.hset(q.keys.reaped, 'active', '9-x'),
      'reaped keeps active, which is not pending or limited',
      false,
    ],
    ['a record was lost', () => q.raw.hdel(q.keys.results, 'done'), '2 finished tasks, but 1 records', false],
    [
      'a note of the trash was lost',
      () => q.raw.hdel(q.keys.trashed, 'purged'),
      '1 tasks in the trash, but 0 notes of them',
      false,
    ],
  ]

  test.each(breaks)('%s', async (_, broken, problem, drifts) => {
    await broken()
    expect(await problems()).toContain(problem)
    expect((await drift()).length > 0).toBe(drifts)
  })
})

test('a counter that was changed is a drift of the sums', async () => {
  await q.raw.hincrby(q.keys.counters, 'completed:mail', 1)
  expect(await drift()).toEqual(['10 tasks came in, but 11 went out or are here'])
})

test('at most a hundred problems are told', async () => {
  await q.raw.rpush(q.keys.pending_low, ...Array.from({ length: 150 }, (_, i) => `x${i}`))
  expect(await problems()).toHaveLength(100)
})

test('foreign ids heal themselves: a claim puts them aside, and the books close again', async () => {
  await q.raw.rpush(q.keys.pending_low, 'x', 'y')
  expect(await drift()).not.toEqual([])
  q.nowMs += LEASE_MS
  await q.run('claim', { want: 50, quotaHigh: 50, quotaDefault: 50, quotaLow: 50 })
  await q.expectSound()
})
