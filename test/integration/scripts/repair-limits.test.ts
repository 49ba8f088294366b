import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })
const mails = (ids: readonly string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id)))

describe('repair', () => {
  const place = (id: string): Promise<unknown> =>
    q.run('repair', { leaseMs: LEASE_MS, by: 'me', items: ['place', id, '', 0] })

  test('puts a task back into line that waits under a limit, but is not in its line', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim()
    await q.raw.del(`${q.keys.limits}line:d:t:mail`)
    await q.raw.del(q.keys.ready_default)
    expect(await place('b')).toEqual(['lined', 'b'])
    await q.expectSound()
  })

  test('leaves a task alone that waits in its line, and asks the line again that was never asked', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim()
    expect(await place('b')).toEqual([])
    await q.raw.del(q.keys.ready_default)
    expect(await place('b')).toEqual([])
    await q.expectSound()
  })

  test('takes a task out of the line of its limit that is elsewhere too', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim()
    await q.raw.zadd(q.keys.dead, q.nowMs, 'b')
    await q.raw.hset(q.keys.failures, 'b', 'd|mail\n{}')
    expect(await place('b')).toEqual(['surplus', 'b'])
    expect(Object.keys(await q.state())).not.toContain('limits:waiting')
  })
})
