import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })
const mails = (ids: readonly string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id)))
const keyed = (...ids: string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id, { limitKey: id[0]! })))

test('a slot of a task that does not run is given back, and who waited for it goes on', async () => {
  await rule('t:mail', 'c=1/0')
  await mails(['a', 'b'])
  await q.claim()
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'] })
  await q.raw.sadd(`${q.keys.limits}slots:t:mail`, 'ghost')
  expect(await q.claimIds()).toEqual([])
  expect(await q.changes(() => q.run('unstick'))).toMatchInlineSnapshot(`
    "answer: [1,1,0,0]
    limits:ready:d: t:mail=9007199254740991→T+0
    limits:slots:t:mail: [ghost] → []"
  `)
  expect(await q.claimIds()).toEqual(['b'])
  await q.claim()
  expect(await q.run('unstick')).toEqual([0, 0, 0, 0])
  await q.expectSound()
})

test('what a rate remembers of keys is forgotten once it says nothing any more', async () => {
  await rule('t:mail', 'r=1/1000/1/1')
  await keyed('a1', 'b1')
  await q.claim()
  q.nowMs += 1
  await keyed('c1')
  await q.claim()
  q.nowMs += 999
  expect(await q.run('unstick')).toEqual([0, 0, 0, 0])
  expect(await q.raw.hkeys(q.keys.limit_due)).toEqual(['t:mail#c'])
})

test('after the clock went back what waited for a time far ahead goes on', async () => {
  await rule('t:mail', 'r=1/60000/1/0')
  await mails(['a', 'b'])
  await q.claim()
  q.nowMs -= 3_600_000
  expect(await q.claimIds()).toEqual([])
  await q.run('unstick')
  expect(await q.claim()).toEqual(['empty', '', '60000.0'])
  q.nowMs += 60_000
  expect(await q.claimIds()).toEqual(['b'])
  await q.expectSound()
})

test('a slot of a task that runs stays its own', async () => {
  await rule('t:mail', 'c=2/0')
  await mails(['a', 'b', 'c'])
  await q.claim()
  await q.raw.sadd(`${q.keys.limits}slots:t:mail`, 'ghost')
  expect(await q.run('unstick')).toEqual([1, 1, 0, 0])
  expect(await q.state()).toMatchObject({ 'limits:slots:t:mail': ['a', 'b'] })
  expect(await q.claimIds()).toEqual([])
  await q.expectSound()
})
