import { beforeEach, expect, test } from 'vitest'
import { encodeItems } from '../../../src/core/encode.ts'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('tasks for now go to the end of the line of their priority', async () => {
  expect(await q.changes(() => q.enqueue(aTask('a'), aTask('b', { priority: 'high' })))).toMatchInlineSnapshot(`
    "answer: "=e"
    counters: +enqueued:mail=2 +type:mail=1 +types=1
    meta: +clock=T+0 +maxbytes=9
    op:c: +1=1 =e
    pending:default: [] → [a]
    pending:high: [] → [b]
    series: +10s@T+0=2 0 0 0 +1s@T+0=2 0 0 0
    tasks: +a=d|mail⏎⏎1 +b=h|mail⏎⏎1
    wake: [] → [1]"
  `)
  expect(await q.changes(() => q.enqueue(aTask('c')))).toMatchInlineSnapshot(`
    "answer: "=e"
    counters: enqueued:mail=2→3
    op:c: +2=2 =e
    pending:default: [a] → [c, a]
    series: 10s@T+0=2 0 0 0→3 0 0 0 1s@T+0=2 0 0 0→3 0 0 0
    tasks: +c=d|mail⏎⏎1"
  `)
  await q.expectSound()
})

test('tasks for later are scheduled by due time, and leave no wake token', async () => {
  const tasks = [
    aTask('a', { when: 'in', timeMs: 5_000 }),
    aTask('b', { when: 'at', timeMs: q.nowMs + 3_000, priority: 'low' }),
  ]
  expect(await q.changes(() => q.enqueue(...tasks))).toMatchInlineSnapshot(`
    "answer: "=e"
    counters: +enqueued:mail=2 +type:mail=1 +types=1
    meta: +clock=T+0 +maxbytes=9
    op:c: +1=1 =e
    scheduled: +da=T+5000 +lb=T+3000
    series: +10s@T+0=2 0 0 0 +1s@T+0=2 0 0 0
    tasks: +a=d|mail⏎⏎1 +b=l|mail⏎⏎1"
  `)
  await q.expectSound()
})

test('whoever sleeps until the next due time is told the soonest new one', async () => {
  const tasks = [5_000, 3_000, 4_000].map((timeMs) => aTask(`t${timeMs}`, { when: 'in', timeMs }))
  const send = () => q.send('enqueue', { call: ++q.call, items: encodeItems(tasks).items })
  expect(await nudgesOf(q, send)).toEqual([q.nowMs + 3_000])
})

test('the largest envelope so far is remembered, whichever it was of how many', async () => {
  await q.enqueue(aTask('a'), aTask('b', { payload: 'long' }), aTask('c'))
  await q.enqueue(aTask('d'), aTask('e', { own: true }))
  const sizes = [aTask('b', { payload: 'long' }), aTask('e', { own: true })].map(({ envelope }) => envelope.length)
  expect(await q.state()).toMatchObject({ meta: { maxbytes: String(Math.max(...sizes)) } })
})

test('one call takes groups of several types, priorities and times, and answers in the order they were given', async () => {
  const words = await q
    .broker()
    .enqueue('q', [
      aTask('a'),
      aTask('big', { payload: 'x'.repeat(300_000) }),
      aTask('b', { type: 'pdf', priority: 'high' }),
      aTask('c', { own: true }),
      aTask('c', { own: true, payload: 2 }),
      aTask('d', { when: 'in', timeMs: 10 }),
      aTask('e', { idempotencyKey: 'k' }),
      aTask('f', { idempotencyKey: 'k', when: 'in', timeMs: 10 }),
    ])
  expect(words.map(({ word, owner }) => (owner === undefined ? word : `${word} of ${owner}`))).toEqual([
    'enqueued',
    'too_large',
    'enqueued',
    'enqueued',
    'conflict',
    'enqueued',
    'enqueued',
    'duplicate of e',
  ])
  await q.expectSound()
})

test('a task that is too large is refused, the others are not', async () => {
  const items = encodeItems([aTask('a'), aTask('b', { payload: 'long' })]).items
  expect(await q.changes(() => q.run('enqueue', { maxBytes: 9, items }))).toMatchInlineSnapshot(`
    "answer: "ex"
    counters: +enqueued:mail=1 +type:mail=1 +types=1
    meta: +clock=T+0 +maxbytes=9
    op:c: +1=1 ex
    pending:default: [] → [a]
    series: +10s@T+0=1 0 0 0 +1s@T+0=1 0 0 0
    tasks: +a=d|mail⏎⏎1
    wake: [] → [1]"
  `)
})

test('a call number that the ring of answers has left behind does nothing', async () => {
  await q.send('enqueue', { call: 65, items: encodeItems([aTask('a')]).items })
  const { items } = encodeItems([aTask('late')])
  expect(await q.changes(() => q.send('enqueue', { call: 1, items }))).toBe('answer: "superseded"')
  expect(await q.send('enqueue', { call: 2, items })).toBe('=e')
})

test('answers are kept for each client, so that numbers of two never meet', async () => {
  await q.broker().enqueue('q', [aTask('a')])
  await q.broker().enqueue('q', [aTask('b')])
  expect(await q.claimIds()).toEqual(['a', 'b'])
})

test('under memory pressure new tasks are refused with a clear error, and nothing is half stored', async () => {
  await q.enqueue(aTask('a'))
  await q.raw.config('SET', 'maxmemory', '1mb')
  try {
    const before = await q.state()
    await expect(q.enqueue(aTask('b'))).rejects.toMatchObject({ code: 'out_of_memory' })
    expect(await q.state()).toEqual(before)
    expect(await q.claimIds()).toEqual(['a'])
    expect(await q.complete({ nonce: '1-r', ids: ['a'], record: '{}' })).toBe('=o')
  } finally {
    await q.raw.config('SET', 'maxmemory', '0')
  }
})
