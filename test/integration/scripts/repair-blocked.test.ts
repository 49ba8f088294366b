import { expect, test } from 'vitest'
import { aTask, openQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

test('a task in no place that has open parents is blocked, and runs after them', async () => {
  const q = await openQueue()
  await flow(q, [aTask('a'), child('b', ['a'])])
  await q.raw.del(q.keys.blocked)
  const items = ['place', 'b', '', 0]
  expect(await q.changes(() => q.send('repair', { leaseMs: 1_000, by: 'me', items }))).toMatchInlineSnapshot(`
    "answer: ["lined","b"]
    audit: [] → [repair me 1 lined 1]
    blocked: +b=T+0
    counters: +repaired:lined=1"
  `)
  await q.expectSound()
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'] })
  await forwardAll(q)
  expect(await q.claimIds()).toEqual(['b'])
})

test('a task that is blocked and in line is blocked', async () => {
  const q = await openQueue()
  await flow(q, [aTask('a'), child('b', ['a'])])
  await q.raw.lpush(q.keys.pending_default, 'b')
  await q.send('repair', { leaseMs: 1_000, by: 'me', items: ['place', 'b', '', 1] })
  expect(await q.claimIds()).toEqual(['a'])
  await q.expectSound()
})
