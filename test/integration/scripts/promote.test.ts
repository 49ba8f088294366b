import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const later = (id: string, timeMs: number, shape = {}) => aTask(id, { when: 'in', timeMs, ...shape })

test('what is due goes to the end of the line of its priority, the first due first', async () => {
  await q.enqueue(later('b', 2_000), later('a', 1_000), later('h', 1_500, { priority: 'high' }), later('z', 9_000))
  await q.enqueue(...tasksNamed('now'))
  q.nowMs += 2_000
  expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`
    "answer: [3,T+2000,"T+9000"]
    meta: clock=T+0→T+2000
    pending:default: [now] → [b, a, now]
    pending:high: [] → [h]
    scheduled: -da -db -hh"
  `)
  expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`"answer: [0,T+2000,"T+9000"]"`)
  await q.expectSound()
})

test('nothing is moved before its time', async () => {
  await q.enqueue(later('a', 1_000))
  q.nowMs += 999
  expect(await q.run('promote')).toEqual([0, q.nowMs, String(q.nowMs + 1)])
  q.nowMs += 1
  expect(await q.run('promote')).toEqual([1, q.nowMs, ''])
})

test('nothing is moved before its time when the clock has stepped back', async () => {
  await q.enqueue(later('a', 10_000))
  q.nowMs -= 60_000
  await q.run('promote')
  q.nowMs += 69_999
  expect(await q.run('promote')).toEqual([0, q.nowMs, String(q.nowMs + 1)])
})

test('nothing put in after a step of the clock back is moved early, once time comes near where it was', async () => {
  await q.run('promote')
  q.nowMs -= 2_100
  await q.enqueue(aTask('a', { when: 'in', timeMs: 1_000 }))
  q.nowMs += 999
  expect(await q.run('promote')).toEqual([0, q.nowMs, String(q.nowMs + 1)])
  q.nowMs += 1
  expect(await q.run('promote')).toEqual([1, q.nowMs, ''])
})

test('one call moves as many as it is told, and says that there is more by the time of the next', async () => {
  await q.enqueue(later('a', 1), later('b', 2), later('c', 3))
  q.nowMs += 5
  expect(await q.run('promote', { limit: 2 })).toEqual([2, q.nowMs, String(q.nowMs - 2)])
  expect((await q.state())['pending:default']).toEqual(['b', 'a'])
})

test('an entry that is still in line is the place of its id again', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.run('cancel', { ids: ['a'] })
  await q.enqueue(later('a', 1_000))
  q.nowMs += 1_000
  expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`
    "answer: [1,T+1000,""]
    ghosts: -a
    meta: clock=T+0→T+1000
    scheduled: -da"
  `)
  await q.expectSound()
})

describe('as the pulse of a queue', () => {
  test('it leaves a wake token while work waits, since the last one may have been lost', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.raw.del(q.keys.wake)
    expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`
      "answer: [0,T+0,""]
      wake: [] → [1]"
    `)
    await q.claim()
    await q.raw.del(q.keys.wake)
    expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`"answer: [0,T+0,""]"`)
  })

  test('it tells of due schedules, and when the next task or schedule is due', async () => {
    await q.enqueue(later('a', 5_000))
    await q.raw.zadd(q.keys.cursors, q.nowMs, 'due', q.nowMs + 3_000, 'soon')
    expect(await q.run('promote')).toEqual([0, q.nowMs, String(q.nowMs), 'due', String(q.nowMs)])
    await q.raw.zrem(q.keys.cursors, 'due')
    expect(await q.broker().promote('q')).toEqual({
      moved: 0,
      nowMs: q.nowMs,
      nextDueMs: q.nowMs + 3_000,
      dueSchedules: [],
    })
  })
})

test('foreign members become dead and malformed at their claim, and stop nothing', async () => {
  await q.enqueue(later('a', 0, { when: 'at' }))
  await q.raw.zadd(q.keys.scheduled, 1, '', 1, 'x', 1, '???')
  expect(await q.run('promote')).toEqual([4, q.nowMs, ''])
  expect(await q.claimIds()).toEqual(['a'])
  expect(Object.keys((await q.state())['dead']!).toSorted()).toEqual(['', '??'])
})
