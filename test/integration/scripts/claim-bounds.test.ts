import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('behind more ghosts than one call may drop, the next worker is woken to go on', async () => {
  const ids = Array.from({ length: 600 }, (_, i) => `g${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids, 'last'))
  await q.broker().cancel('q', ids, 'me')
  await q.raw.del(q.keys.wake)
  expect(await q.send('claim', { quotaHigh: 1, quotaDefault: 1, quotaLow: 1, call: 1, want: 1 })).toEqual(['empty', ''])
  const state = await q.state()
  expect([state['pending:default']!.length, state['wake']]).toEqual([101, ['1']])
  expect(await q.claimIds({ want: 1 })).toEqual(['last'])
  await q.expectSound()
})

test('no claim looks at more than 500 entries', async () => {
  const ids = Array.from({ length: 900 }, (_, i) => `g${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids))
  await q.broker().cancel('q', ids.slice(0, 450), 'me')
  expect(await q.claimIds({ want: 500 })).toEqual(ids.slice(450, 500))
  await q.expectSound()
})

describe('the bytes of one answer', () => {
  const heavy = (id: string, kib: number) => aTask(id, { payload: 'x'.repeat(kib * 1024) })

  test('are bounded, a first task always goes out, and nothing overtakes the one that did not fit', async () => {
    await q.enqueue(heavy('a', 60), heavy('b', 60), heavy('c', 60), aTask('low', { priority: 'low' }))
    expect(await q.claimIds({ maxBytes: 10 })).toEqual(['a'])
    expect(await q.claimIds({ maxBytes: 100_000 })).toEqual(['b'])
    expect(await q.claimIds({ maxBytes: 130_000 })).toEqual(['c', 'low'])
  })

  test('leave a token when work remains, though less was handed out than wanted', async () => {
    await q.enqueue(heavy('a', 60), heavy('b', 60))
    await q.raw.del(q.keys.wake)
    await q.claim({ maxBytes: 100_000 })
    expect((await q.state())['wake']).toEqual(['1'])
  })

  test('are spent by what is handed out, not by lines that are empty', async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `t${i}`)
    await q.enqueue(...ids.map((id) => aTask(id, { payload: 'x'.repeat(900) })))
    expect(await q.claimIds({ want: 100, maxBytes: 105_000 })).toEqual(ids)
  })
})

test('the largest envelope is forgotten when the queue is found empty', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.claim()
  expect((await q.state())['meta']).toMatchObject({ maxbytes: '9' })
  await q.complete({ nonce: '1-r', ids: ['a'] })
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["empty",""]
    meta: -maxbytes"
  `)
})

describe('a wake token', () => {
  test('is left while work remains, one at most', async () => {
    await q.enqueue(...tasksNamed('a', 'b', 'c'))
    await q.raw.del(q.keys.wake)
    await q.claim({ want: 1 })
    await q.claim({ want: 1 })
    expect((await q.state())['wake']).toEqual(['1'])
  })

  test('is not left when the last task goes', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    await q.raw.del(q.keys.wake)
    await q.claim({ want: 2 })
    expect((await q.state())['wake']).toBeUndefined()
  })
})
