import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })

test('what is enqueued beyond the rate of its type is refused, and leaves nothing behind', async () => {
  await rule('t:mail', 'e=2/1000/2')
  expect(await q.changes(() => q.enqueue(...tasksNamed('a', 'b', 'c'), aTask('o', { type: 'other' }))))
    .toMatchInlineSnapshot(`
      "answer: "eele"
      counters: +enqueued:mail=2 +enqueued:other=1 +type:mail=1 +type:other=1 +types=2
      limits:due: +enqueue:t:mail=T+1000.000
      meta: +clock=T+0 +maxbytes=10
      op:c: +2=2 eele
      pending:default: [] → [o, b, a]
      series: +10s@T+0=3 0 0 0 +1s@T+0=3 0 0 0
      tasks: +a=d|mail⏎⏎1 +b=d|mail⏎⏎1 +o=d|other⏎⏎1"
    `)
  q.nowMs += 499
  expect(await q.enqueue(...tasksNamed('c'))).toBe('=l')
  q.nowMs += 1
  expect(await q.enqueue(...tasksNamed('c'))).toBe('=e')
  await q.expectSound()
})

test('a refused task takes no idempotency key, and a duplicate takes nothing of the rate', async () => {
  await rule('t:mail', 'e=1/1000/1')
  expect(await q.enqueue(aTask('a', { idempotencyKey: 'k' }))).toBe('=e')
  q.nowMs += 1_000
  expect(await q.enqueue(aTask('b', { idempotencyKey: 'k' }))).toBe('=d 0:a')
  expect(await q.enqueue(aTask('c', { idempotencyKey: 'l' }))).toBe('=e')
  expect(await q.enqueue(aTask('d', { idempotencyKey: 'm' }))).toBe('=l')
  expect(Object.keys(await q.state()).filter((key) => key.startsWith('idem:'))).toHaveLength(2)
  await q.expectSound()
})

test('a unique task that waits under a limit is replaced where it waits, or goes to its new time', async () => {
  await rule('t:mail', 'c=1/0')
  await q.enqueue(aTask('run'))
  const replace = (id: string, shape: object) => q.enqueue(aTask(id, { unique: 'same', mode: 'replace', ...shape }))
  await replace('a', { payload: 1 })
  await q.claim()
  await q.claim()
  expect(await replace('b', { payload: 2 })).toBe('=r 0:a')
  expect(await q.state()).toMatchObject({ 'limits:waiting': { a: 'd:t:mail' } })
  await q.expectSound()
  expect(await replace('c', { payload: 3, when: 'in', timeMs: 5_000 })).toBe('=r 0:a')
  expect(await q.state()).toMatchObject({ scheduled: { da: q.nowMs + 5_000 } })
  await q.expectSound()
})

test('the rate of the queue holds for all its types together', async () => {
  await rule('q', 'e=2/1000/2')
  expect(await q.enqueue(aTask('a'), aTask('o', { type: 'other' }), aTask('p', { type: 'other' }))).toBe('eel')
  await q.expectSound()
})
