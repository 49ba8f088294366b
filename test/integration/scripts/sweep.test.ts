import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('the trash is emptied of what has expired, with all that was known of it', async () => {
  await q.kill(...tasksNamed('a', 'b'))
  await q.run('purge', { ids: ['a'], trashMs: 1_000 })
  await q.run('purge', { ids: ['b'], trashMs: 1_001 })
  q.nowMs += 999
  expect(await q.run('sweep')).toEqual([0, 0, 0])
  q.nowMs += 1
  expect(await q.changes(() => q.run('sweep'))).toMatchInlineSnapshot(`
    "answer: [1,0,0]
    attempts: -a
    failures: -a
    tasks: -a
    trash: -a
    trashed: -a"
  `)
  expect(await q.run('sweep')).toEqual([0, 0, 0])
  await q.expectSound()
})

describe('records of finished tasks', () => {
  beforeEach(async () => {
    await q.enqueue(...tasksNamed('a', 'b', 'c'))
    await q.claim()
    for (const [i, id] of ['a', 'b', 'c'].entries())
      await q.complete({ nonce: '1-r', ids: [id], record: '{}', resultTtlMs: 1_000 * (i + 1) })
  })

  test('go when their time is over', async () => {
    q.nowMs += 1_000
    expect(await q.changes(() => q.run('sweep'))).toMatchInlineSnapshot(`
      "answer: [0,1,0]
      completed: -a
      meta: clock=T+0→T+1000
      results: -a"
    `)
    await q.expectSound()
  })

  test('go beyond their number, those that expire first', async () => {
    expect(await q.run('sweep', { resultMax: 1 })).toEqual([0, 2, 0])
    expect((await q.state())['completed']).toEqual({ c: q.nowMs + 3_000 })
    await q.expectSound()
  })

  test('go by both, one after the other', async () => {
    q.nowMs += 1_000
    expect(await q.run('sweep', { resultMax: 1 })).toEqual([0, 1, 0])
    expect(await q.run('sweep', { resultMax: 1 })).toEqual([0, 1, 0])
    expect(await q.run('sweep', { resultMax: 1 })).toEqual([0, 0, 0])
  })
})

test('tombs go when the second of their expiry has passed', async () => {
  await q.enqueue(aTask('a', { own: true, idempotencyTtlMs: 10_000 }), aTask('b', { own: true }))
  await q.run('cancel', { ids: ['a', 'b'], resultTtlMs: 0 })
  q.nowMs += 10_999
  expect(await q.run('sweep')).toEqual([0, 0, 0])
  q.nowMs += 1
  expect(await q.changes(() => q.run('sweep'))).toMatchInlineSnapshot(`
    "answer: [0,0,1]
    tombs: -a"
  `)
})

test('one call removes at most as many of each kind as it is told', async () => {
  await q.kill(...tasksNamed('a', 'b', 'c'))
  await q.run('purge', { ids: ['a', 'b', 'c'], trashMs: 1 })
  await q.enqueue(...['x', 'y', 'z'].map((id) => aTask(id, { own: true, idempotencyTtlMs: 1 })))
  await q.run('cancel', { ids: ['x', 'y', 'z'], resultTtlMs: 1 })
  q.nowMs += 9_000
  expect(await q.run('sweep', { limit: 2 })).toEqual([2, 2, 2])
  expect(await q.run('sweep', { limit: 2, resultMax: 0 })).toEqual([1, 1, 1])
  expect(await q.broker().sweep('q')).toEqual({ trash: 0, history: 0, tombs: 0, more: false })
  await q.expectSound()
})

test('what lives is never touched', async () => {
  await q.enqueue(aTask('a'), aTask('b', { when: 'in', timeMs: 1 }), aTask('c'))
  await q.kill(...tasksNamed('d'))
  q.nowMs += 1e9
  expect(await q.changes(() => q.run('sweep'))).toMatchInlineSnapshot(`
    "answer: [0,0,0]
    meta: clock=T+0→1701000000000"
  `)
  await q.expectSound()
})

test('what waits for a task learns when that leaves the trash', async () => {
  await flow(q, [aTask('a'), child('b', [['a', 'wait']])])
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'a', verdict: 'dead' })
  await q.run('purge', { ids: ['a'], trashMs: 1_000 })
  await forwardAll(q)
  q.nowMs += 1_000
  expect(await q.changes(() => q.run('sweep'))).toMatchInlineSnapshot(`
    "answer: [1,0,0]
    attempts: -a
    failures: -a
    meta: clock=T+0→T+1000 facts=1→2
    outbox: +a=gone 0 2
    tasks: -a
    trash: -a
    trashed: -a"
  `)
  await forwardAll(q)
  expect(Object.keys((await q.state())['dead'] as object)).toEqual(['b'])
  await q.expectSound()
})
