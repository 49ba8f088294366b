import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, type TaskShape, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })
const mails = (ids: readonly string[], shape: TaskShape = {}): Promise<unknown> =>
  q.enqueue(...ids.map((id) => aTask(id, shape)))
const keyed = (...ids: string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id, { limitKey: id[0]! })))

/** Sweeps so often that none holds back. */
async function leaseEnds(): Promise<void> {
  for (let i = 0; i <= 3; i++) {
    await q.run('reap')
    q.nowMs += LEASE_MS / 3
  }
}

describe('a limit of slots', () => {
  test('lets so many run, and the others wait in a line of their own', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
      "answer: ["granted","1-r","",T+0,["a"],["d|mail\\n\\n1"],[],"0"]
      counters: +claimed=1
      grants: +1-r=w|T+0|30000|0|a +1-r:left=1
      holders: +a=1-r|1|d|T+60000
      leases: +1-r=T+30000
      limits:line:d:t:mail: +b=2
      limits:ready:d: +t:mail=9007199254740991
      limits:slots:t:mail: [] → [a]
      limits:turns: +a=1|t:mail +b=2|
      limits:waiting: +b=d:t:mail
      meta: +fence=1 +turn=2
      op:c: +3=3 1-r
      pending:default: [b, a] → []"
    `)
    await q.expectSound()
  })

  test('lets the next one start when one is done, in the order in which they came', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b', 'c'])
    expect(await q.claimIds()).toEqual(['a'])
    expect(await q.claimIds()).toEqual([])
    expect(await q.changes(() => q.complete({ nonce: '1-r', ids: ['a'] }))).toMatchInlineSnapshot(`
      "answer: "=o"
      counters: +completed:mail=1
      grants: -1-r -1-r:left
      holders: -a
      leases: -1-r
      limits:ready:d: t:mail=9007199254740991→T+0
      limits:slots:t:mail: [a] → []
      limits:turns: -a
      op:c: +5=5 =o
      series: 10s@T+0=3 0 0 0→3 1 0 0 1s@T+0=3 0 0 0→3 1 0 0
      tasks: -a"
    `)
    expect(await q.claimIds()).toEqual(['b'])
    expect(await q.changes(() => q.complete({ nonce: '2-r', ids: ['b'] }))).toContain('limits:slots:t:mail: [b] → []')
    expect(await q.claimIds()).toEqual(['c'])
    await q.complete({ nonce: '3-r', ids: ['c'] })
    const state = await q.state()
    expect(Object.keys(state).filter((key) => key.startsWith('limits:'))).toEqual(['limits:rules'])
    await q.expectSound()
  })

  test('holds up nothing that it is not for', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(Array.from({ length: 700 }, (_, i) => `m${i}`))
    await mails(['free'], { type: 'other' })
    expect(await q.claimIds({ want: 2 })).toEqual(['m0'])
    expect(await q.claimIds({ want: 2 })).toEqual(['free'])
    await q.expectSound()
  })

  test.each([
    ['failed', () => q.fail({ nonce: '1-r', id: 'a' })],
    ['dead', () => q.fail({ nonce: '1-r', id: 'a', verdict: 'dead' })],
    ['snoozed', () => q.release({ nonce: '1-r', id: 'a', mode: 'snooze', delayMs: 1_000 })],
    [
      'cancelled',
      async () => {
        await q.run('cancel', { ids: ['a'] })
        await q.fail({ nonce: '1-r', id: 'a' })
      },
    ],
  ])('gives the slot of a %s task to the next one', async (_, end) => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim()
    await end()
    await q.expectSound()
    expect(await q.claimIds()).toEqual(['b'])
    await q.expectSound()
  })

  test('lets a task that was given back, or whose lease ended, go first again', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim()
    await q.release({ nonce: '1-r', id: 'a' })
    expect(await q.claimIds()).toEqual(['a'])
    await leaseEnds()
    await q.expectSound()
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test('takes the late result of a task that waits for a slot again', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b'])
    await q.claim({ want: 1 })
    await leaseEnds()
    expect(await q.state()).toMatchObject({ 'limits:waiting': { a: 'd:t:mail' }, 'pending:default': ['b'] })
    expect(await q.complete({ nonce: '1-r', ids: ['a'] })).toBe('=l')
    await q.expectSound()
  })

  test('of each key lets one run, and the keys take turns', async () => {
    await rule('t:mail', 'c=1/1')
    await keyed('a1', 'a2', 'a3', 'b1', 'b2', 'c1')
    expect(await q.claimIds()).toEqual(['a1', 'b1', 'c1'])
    q.nowMs += 1
    await q.complete({ nonce: '1-r', ids: ['b1', 'a1'] })
    q.nowMs += 1
    expect(new Set((await q.claimIds({ want: 1 })) as string[])).toEqual(new Set(['a2']))
    expect(await q.claimIds({ want: 1 })).toEqual(['b2'])
    await q.complete({ nonce: '2-r', ids: ['a2'] })
    expect(await q.claimIds()).toEqual(['a3'])
    await q.expectSound()
  })

  test('of the queue and of the type hold together', async () => {
    await rule('q', 'c=3/0')
    await rule('t:mail', 'c=1/1')
    await keyed('a1', 'a2', 'b1', 'c1', 'd1', 'e1')
    expect(await q.claimIds()).toEqual(['a1', 'b1', 'c1'])
    expect(await q.claimIds()).toEqual([])
    expect(await q.state()).toMatchObject({
      'limits:waiting': { a2: 'd:t:mail#a', d1: 'd:q<t:mail#d', e1: 'd:q<t:mail#e' },
    })
    await q.complete({ nonce: '1-r', ids: ['a1'] })
    expect(await q.claimIds({ want: 1 })).toEqual(['d1'])
    expect(await q.claimIds()).toEqual([])
    await q.complete({ nonce: '1-r', ids: ['b1', 'c1'] })
    expect(new Set((await q.claimIds()) as string[])).toEqual(new Set(['a2', 'e1']))
    await q.expectSound()
  })

  test('that is raised lets more start at once, and that is lowered none until enough are done', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b', 'c', 'd'])
    await q.claim()
    expect(await q.claimIds()).toEqual([])
    expect(await q.changes(() => rule('t:mail', 'c=3/0'))).toMatchInlineSnapshot(`
      "answer: "=s"
      audit: [limit me 1 t:mail c=1/0] → [limit me 1 t:mail c=1/0, limit me 1 t:mail c=3/0]
      limits:ready:d: t:mail=9007199254740991→T+0
      limits:rules: t:mail=c=1/0;s=hand→c=3/0;s=hand
      op:c: +5=5 =s"
    `)
    expect(await q.claimIds()).toEqual(['b', 'c'])
    await rule('t:mail', 'c=1/0')
    await q.complete({ nonce: '1-r', ids: ['a'] })
    expect(await q.claimIds()).toEqual([])
    await q.complete({ nonce: '2-r', ids: ['b', 'c'] })
    expect(await q.claimIds()).toEqual(['d'])
    await q.expectSound()
  })

  test('that is taken away lets all go', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['a', 'b', 'c'])
    await q.claim()
    expect(await rule('t:mail', '')).toBe('=r')
    expect(await q.claimIds()).toEqual(['b', 'c'])
    await q.complete({ nonce: '1-r', ids: ['a'] }, { nonce: '2-r', ids: ['b', 'c'] })
    await q.expectSound()
  })

  test('waits by priority', async () => {
    await rule('t:mail', 'c=1/0')
    await mails(['d'])
    await mails(['l'], { priority: 'low' })
    await q.claim()
    await q.claim()
    await mails(['h'], { priority: 'high' })
    await q.claim()
    await q.complete({ nonce: '1-r', ids: ['d'] })
    expect(await q.claimIds()).toEqual(['h'])
    await q.complete({ nonce: '2-r', ids: ['h'] })
    expect(await q.claimIds()).toEqual(['l'])
    await q.expectSound()
  })
})

test('a task refused upstream that is under no rate waits for its time, uncounted', async () => {
  await mails(['a'])
  await q.claim()
  expect(await q.release({ nonce: '1-r', id: 'a', mode: 'refused', delayMs: 5_000 })).toBe('=w')
  expect(await q.state()).toMatchObject({ attempts: { a: '0,0,0,0,0,0' } })
  await q.expectSound()
})

test('a waiting task can be cancelled', async () => {
  await rule('t:mail', 'c=1/0')
  await mails(['a', 'b'])
  await q.claim()
  expect(await q.changes(() => q.run('cancel', { ids: ['b'] }))).toMatchInlineSnapshot(`
    "answer: "=c"
    audit: [limit me 1 t:mail c=1/0] → [limit me 1 t:mail c=1/0, cancel me 1 b]
    completed: +b=T+86400000
    counters: +cancelled:mail=1
    limits:line:d:t:mail: -b
    limits:ready:d: -t:mail
    limits:turns: -b
    limits:waiting: -b
    op:c: +4=4 =c
    results: +b={"t":"mail","s":"cancelled","f":T+0}
    tasks: -b"
  `)
  await q.expectSound()
})

test('a suspect under a limit still waits to run alone', async () => {
  await rule('t:mail', 'c=2/0')
  await mails(['a', 'b', 'c'])
  await q.claim()
  await q.raw.hset(q.keys.attempts, 'c', '2,0,0,2,0,0')
  await q.complete({ nonce: '1-r', ids: ['a', 'b'] })
  expect(await q.claimIds({ idle: 0 })).toEqual([])
  await q.expectSound()
  expect(await q.claimIds({ idle: 1 })).toEqual(['c'])
  await q.expectSound()
})
