import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })
const mails = (ids: readonly string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id)))
const keyed = (...ids: string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id, { limitKey: id[0]! })))

describe('a rate', () => {
  test('lets one start at its time, and a claim tells when the next one may', async () => {
    await rule('t:mail', 'r=2/1000/1/0')
    await mails(['a', 'b', 'c'])
    expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
      "answer: ["granted","1-r","",T+0,["a"],["d|mail\\n\\n1"],[],"0","500.0"]
      counters: +claimed=1
      grants: +1-r=w|T+0|30000|0|a +1-r:left=1
      holders: +a=1-r|1|d|T+60000
      leases: +1-r=T+30000
      limits:due: +t:mail=T+500.000
      limits:line:d:t:mail: +b=2 +c=3
      limits:ready:d: +t:mail=T+500
      limits:turns: +a=1| +b=2| +c=3|
      limits:waiting: +b=d:t:mail +c=d:t:mail
      meta: +fence=1 +turn=3
      op:c: +3=3 1-r
      pending:default: [c, b, a] → []"
    `)
    expect(await q.claim()).toEqual(['empty', '', '500.0'])
    q.nowMs += 499
    expect(await q.claim()).toEqual(['empty', '', '1.0'])
    q.nowMs += 1
    expect(await q.claimIds()).toEqual(['b'])
    expect(await q.claim()).toEqual(['empty', '', '500.0'])
    await q.expectSound()
  })

  test('tells the same to a claim that is repeated when the clock has gone back a little', async () => {
    await rule('t:mail', 'r=2/1000/1/0')
    await mails(['a', 'b'])
    await q.claim()
    q.nowMs += 400
    await mails(['c'])
    q.nowMs -= 300
    // It is sent twice, and compared.
    expect(await q.claim()).toEqual(['empty', '', '100.0'])
    await q.expectSound()
  })

  test('makes up for a start that came a moment late, and not for one that came later', async () => {
    await rule('t:mail', 'r=50/1000/1/0')
    await mails(['a', 'b', 'c', 'd'])
    await q.claim()
    q.nowMs += 26
    expect(await q.claimIds()).toEqual(['b'])
    expect(await q.claim()).toEqual(['empty', '', '14.0'])
    q.nowMs += 40
    expect(await q.claimIds()).toEqual(['c'])
    expect(await q.claim()).toEqual(['empty', '', '20.0'])
    await q.expectSound()
  })

  test('lets a burst start after a pause, and no more', async () => {
    await rule('t:mail', 'r=2/1000/3/0')
    await mails(['a', 'b', 'c', 'd', 'e'])
    expect(await q.claimIds()).toEqual(['a', 'b', 'c'])
    q.nowMs += 500
    expect(await q.claimIds()).toEqual(['d'])
    q.nowMs += 60_000
    await mails(['f', 'g', 'h'])
    expect(await q.claimIds()).toEqual(['e', 'f', 'g'])
    await q.expectSound()
  })

  test('of each key is its own, and the keys take turns', async () => {
    await rule('t:mail', 'r=1/1000/1/1')
    await keyed('a1', 'a2', 'b1', 'b2')
    expect(await q.claimIds()).toEqual(['a1', 'b1'])
    q.nowMs += 1_000
    expect(new Set((await q.claimIds()) as string[])).toEqual(new Set(['a2', 'b2']))
    await q.expectSound()
  })

  test('tells the pulse of the queue when there is something to claim', async () => {
    await rule('t:mail', 'r=1/1000/1/0')
    await mails(['a', 'b'])
    await q.claim()
    await q.claim()
    await q.raw.del(q.keys.wake)
    expect(await q.run('promote')).toEqual([0, q.nowMs, q.nowMs + 1_000])
    expect(await q.raw.exists(q.keys.wake)).toBe(0)
    q.nowMs += 1_000
    await q.run('promote')
    expect(await q.raw.exists(q.keys.wake)).toBe(1)
  })

  test('is held back by what was refused upstream, and the task keeps its turn and its attempts', async () => {
    await rule('t:mail', 'r=1000/1000/10/0')
    await mails(['a', 'b'])
    await q.claim({ want: 1 })
    expect(await q.changes(() => q.release({ nonce: '1-r', id: 'a', mode: 'refused', delayMs: 5_000 })))
      .toMatchInlineSnapshot(`
        "answer: "=p"
        grants: -1-r -1-r:left
        holders: -a
        leases: -1-r
        limits:due: +hold:t:mail=T+5000
        limits:line:d:t:mail: +a=1
        limits:ready:d: +t:mail=T+0
        limits:waiting: +a=d:t:mail
        op:c: +4=4 =p"
      `)
    expect(await q.claim()).toEqual(['empty', '', '5000.0'])
    await q.expectSound()
    q.nowMs += 5_000
    expect(await q.claimIds({ want: 1 })).toEqual(['a'])
    await q.expectSound()
  })
})
