import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const attemptsOf = async (id: string) => ((await q.state())['attempts'] as Record<string, string>)[id]

test('a task given back stands at the front of its line again, uncounted', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  expect(await q.changes(() => q.release({ nonce: '1-r', id: 'a' }))).toMatchInlineSnapshot(`
    "answer: "=p"
    grants: -1-r -1-r:left
    holders: -a
    leases: -1-r
    op:c: +3=3 =p
    pending:default: [b] → [b, a]"
  `)
  await q.expectSound()
})

test('tasks given back together keep the order in which they are given', async () => {
  const ids = Array.from({ length: 600 }, (_, i) => `t${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids, 'next'))
  await q.claim({ want: 500 })
  await q.claim({ want: 100 })
  const items = ids.map((id, i) => ({ nonce: i < 500 ? '1-r' : '2-r', id, mode: 'front' as const, delayMs: 0 }))
  const words = await q.broker().release('q', [...items, { nonce: '2-r', id: 'next', mode: 'front', delayMs: 0 }])
  expect(words).toEqual([...ids.map(() => 'pending'), 'stale'])
  expect((await q.state())['pending:default']).toEqual(['next', ...ids.toReversed()])
  await q.expectSound()
})

test('tasks of every priority go back to their own line', async () => {
  await q.enqueue(aTask('h', { priority: 'high' }), aTask('d'), aTask('l', { priority: 'low' }))
  await q.claim()
  await q.release(...['l', 'd', 'h'].map((id) => ({ nonce: '1-r', id })))
  expect(await q.state()).toMatchObject({ 'pending:high': ['h'], 'pending:default': ['d'], 'pending:low': ['l'] })
})

test('a snoozed task waits for its time, and its snoozes are counted', async () => {
  await q.enqueue(aTask('a', { priority: 'low' }))
  await q.claim()
  expect(await q.changes(() => q.release({ nonce: '1-r', id: 'a', mode: 'snooze', delayMs: 4_000 })))
    .toMatchInlineSnapshot(`
    "answer: "=w"
    attempts: +a=0,0,0,0,1,0
    grants: -1-r -1-r:left
    holders: -a
    leases: -1-r
    op:c: +3=3 =w
    scheduled: +la=T+4000"
  `)
  q.nowMs += 4_000
  await q.run('promote')
  await q.claim()
  await q.release({ nonce: '2-r', id: 'a', mode: 'snooze', delayMs: 4_000 })
  expect(await attemptsOf('a')).toBe('0,0,0,0,2,0')
  await q.expectSound()
})

describe('a task of a type that nobody knows', () => {
  beforeEach(async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.release({ nonce: '1-r', id: 'a', mode: 'unknown', delayMs: 1_000 })
  })

  test('notes when it first met such a worker, and keeps that time', async () => {
    expect(await attemptsOf('a')).toBe(`0,0,0,0,0,${q.nowMs}`)
    q.nowMs += 1_000
    await q.run('promote')
    await q.claim()
    await q.release({ nonce: '2-r', id: 'a', mode: 'unknown', delayMs: 1_000 })
    expect(await attemptsOf('a')).toBe(`0,0,0,0,0,${q.nowMs - 1_000}`)
    await q.expectSound()
  })

  test('begins anew once a worker that knows it has run it', async () => {
    q.nowMs += 1_000
    await q.run('promote')
    await q.claim()
    await q.release({ nonce: '2-r', id: 'a', mode: 'snooze', delayMs: 1_000 })
    expect(await attemptsOf('a')).toBe('0,0,0,0,1,0')
  })
})

test('what waits is told to whoever sleeps until the next due time, what is in line wakes a worker', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.claim()
  await q.raw.del(q.keys.wake)
  const delays = [5_000, 3_000, 4_000]
  const items = ['a', 'b', 'c'].flatMap((id, i) => ['1-r', id, 'snooze', delays[i]!])
  expect(await nudgesOf(q, () => q.send('release', { call: ++q.call, items }))).toEqual([q.nowMs + 3_000])
  expect((await q.state())['wake']).toBeUndefined()
  await q.enqueue(...tasksNamed('d'))
  await q.claim()
  await q.raw.del(q.keys.wake)
  await q.release({ nonce: '2-r', id: 'd' })
  expect((await q.state())['wake']).toEqual(['1'])
})

test('a suspect stays one, whichever way it is given back', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += LEASE_MS
  await q.run('reap')
  await q.claim({ idle: 1 })
  await q.release({ nonce: '2-r', id: 'a' })
  expect(await attemptsOf('a')).toBe('1,0,0,1,0,0')
  await q.claim({ idle: 1 })
  await q.release({ nonce: '3-r', id: 'a', mode: 'snooze', delayMs: 1 })
  expect(await attemptsOf('a')).toBe('1,0,0,1,1,0')
  await q.expectSound()
})

test.each(['front', 'snooze', 'unknown'] as const)(
  'a task whose cancel was asked for is cancelled instead of %s',
  async (mode) => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.run('cancel', { ids: ['a'] })
    expect(await q.changes(() => q.release({ nonce: '1-r', id: 'a', mode }))).toMatchInlineSnapshot(`
      "answer: "=c"
      cancels: -a
      completed: +a=T+86400000
      counters: +cancelled:mail=1
      grants: -1-r -1-r:left
      holders: -a
      leases: -1-r
      op:c: +4=4 =c
      results: +a={"t":"mail","s":"cancelled","f":T+0}
      tasks: -a"
    `)
    await q.expectSound()
  },
)

test('what another grant holds, or nobody, is not given back', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  expect(
    await q.changes(() => q.release({ nonce: '2-r', id: 'a' }, { nonce: '1-r', id: 'b' }, { nonce: '1-r', id: 'zzz' })),
  ).toMatchInlineSnapshot(`
    "answer: "=s"
    counters: +stale=3
    op:c: +3=3 =s"
  `)
  expect(await q.release({ nonce: '1-r', id: 'a' }, { nonce: '1-r', id: 'a' })).toBe('ps')
  await q.expectSound()
})
