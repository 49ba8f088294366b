import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })

test('a new rate begins anew: it does not wait for what the old one had promised', async () => {
  await rule('t:mail', 'r=1/3600000/1/0')
  await q.enqueue(aTask('a'), aTask('b'))
  expect(await q.claimIds()).toEqual(['a'])
  expect(await q.claimIds()).toEqual([])
  await rule('t:mail', 'r=1/1000/1/1')
  expect(await q.claimIds()).toEqual(['b'])
  await rule('t:mail', 'r=2/3600000/1/1')
  expect(await q.raw.exists(q.keys.limit_due)).toBe(0)
  await q.expectSound()
})

test('limits that workers declare never replace one set by hand', async () => {
  expect(await q.run('limit', { source: 'code', items: ['t:mail', 'c=5/0'] })).toBe('=s')
  expect(await q.run('limit', { source: 'code', items: ['t:mail', 'c=5/0'] })).toBe('=u')
  expect(await rule('t:mail', 'c=1/0')).toBe('=s')
  expect(await q.run('limit', { source: 'code', items: ['t:mail', 'c=5/0'] })).toBe('=k')
  expect(await q.raw.hgetall(q.keys.limit_rules)).toEqual({ 't:mail': 'c=1/0;s=hand' })
  expect((await q.state())['audit']).toHaveLength(1)
})
