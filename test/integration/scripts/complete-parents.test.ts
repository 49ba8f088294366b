import { expect, test } from 'vitest'
import { aTask, openQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

test('what waits for a task learns of its end, and a record is kept for it, whatever is kept otherwise', async () => {
  const q = await openQueue()
  await flow(q, [aTask('a'), aTask('b'), aTask('c'), child('d', ['a', 'b'])])
  await q.claim()
  expect(await q.changes(() => q.complete({ nonce: '1-r', ids: ['a', 'c'] }))).toMatchInlineSnapshot(`
    "answer: "=o"
    counters: +completed:mail=2
    grants: 1-r:left=3→1
    holders: -a -c
    kept: +a={"t":"mail","s":"completed","f":T+0}
    meta: +facts=1
    op:c: +3=3 =o
    outbox: +a=done 0 1
    series: 10s@T+0=4 0 0 0→4 2 0 0 1s@T+0=4 0 0 0→4 2 0 0
    tasks: -a -c"
  `)
  await q.complete({ nonce: '1-r', ids: ['b'], record: '{"t":"mail","s":"completed","r":1}' })
  expect((await q.state())['kept']).toMatchObject({ b: '{"t":"mail","s":"completed","r":1}' })
  await forwardAll(q)
  await q.expectSound()
})
