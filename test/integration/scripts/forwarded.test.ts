import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const forwarded = (...items: string[]) => q.send('forwarded', { items })

test('a fact leaves the outbox, and with a task that left all that it depended on', async () => {
  await flow(q, [aTask('a'), aTask('b'), child('c', ['a', 'b'])])
  await q.run('cancel', { ids: ['c'] })
  expect(await q.changes(() => forwarded('c', 'gone 0 1'))).toMatchInlineSnapshot(`
    "answer: 1
    edges: -c -c q/a -c q/b
    outbox: -c
    parents: -c"
  `)
  expect(await q.changes(() => forwarded('c', 'gone 0 1'))).toMatchInlineSnapshot(`"answer: 0"`)
})

test('a dead task keeps what it depends on: it may be replayed', async () => {
  await q.kill(...tasksNamed('a'))
  await flow(q, [child('b', ['a'])])
  expect(await q.changes(() => forwarded('b', `dead ${q.nowMs} 1`))).toMatchInlineSnapshot(`
    "answer: 1
    outbox: -b"
  `)
  await q.expectSound()
})

test('a later fact stays', async () => {
  await flow(q, [aTask('a'), child('b', ['a'])])
  await q.run('cancel', { ids: ['b'] })
  expect(await q.changes(() => forwarded('b', 'dead 5 0'))).toMatchInlineSnapshot(`"answer: 0"`)
})
