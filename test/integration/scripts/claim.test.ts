import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const ONE_FROM_EACH = { want: 3, quotaHigh: 1, quotaDefault: 1, quotaLow: 1 }

test('a claim hands out the head of the line under one grant and one lease', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  expect(await q.changes(() => q.claim({ want: 2 }))).toMatchInlineSnapshot(`
    "answer: ["granted","1-r","",T+0,["a","b"],["d|mail\\n\\n1","d|mail\\n\\n1"],[],"0"]
    counters: +claimed=2
    grants: +1-r=w|T+0|30000|0|a b +1-r:left=2
    holders: +a=1-r|1|d|T+60000 +b=1-r|1|d|T+60000
    leases: +1-r=T+30000
    meta: +fence=1
    op:c: +2=2 1-r
    pending:default: [c, b, a] → [c]"
  `)
  await q.expectSound()
})

test('an empty queue answers so and keeps nothing', async () => {
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["empty",""]
    meta: +clock=T+0"
  `)
})

test('a paused queue hands out nothing', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.run('pause')
  expect(await q.changes(() => q.claim())).toBe('answer: ["paused"]')
})

describe('priorities', () => {
  beforeEach(() =>
    q.enqueue(
      ...['l1', 'l2', 'l3'].map((id) => aTask(id, { priority: 'low' })),
      ...tasksNamed('d1', 'd2', 'd3'),
      ...['h1', 'h2', 'h3'].map((id) => aTask(id, { priority: 'high' })),
    ),
  )

  test('of higher rank go first under strict order', async () => {
    expect(await q.claimIds({ want: 5 })).toEqual(['h1', 'h2', 'h3', 'd1', 'd2'])
  })

  test('share a claim by its quotas', async () => {
    expect(await q.claimIds(ONE_FROM_EACH)).toEqual(['h1', 'd1', 'l1'])
  })

  test('that have too little leave their share to the others, in strict order', async () => {
    await q.claimIds({ want: 3 })
    expect(await q.claimIds({ want: 4, quotaHigh: 2, quotaDefault: 1, quotaLow: 1 })).toEqual(['d1', 'l1', 'd2', 'd3'])
    expect(await q.claimIds({ want: 2, quotaHigh: 0, quotaDefault: 0, quotaLow: 0 })).toEqual(['l2', 'l3'])
  })
})

describe('deadlines', () => {
  const deadlineOf = async (id: string): Promise<number> =>
    Number(((await q.state())['holders'] as Record<string, string>)[id]!.split('|')[3]) - q.nowMs

  test('are the claim’s own, its type’s, or the task’s, the nearest one first', async () => {
    await q.enqueue(
      aTask('a'),
      aTask('b', { type: 'pdf' }),
      aTask('c', { type: 'pdf', timeoutMs: 7_000 }),
      aTask('d', { timeoutMs: 8_000 }),
    )
    await q.claim({ timeoutMs: 60_000, timeouts: ['pdf', 20_000] })
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(deadlineOf))).toEqual([60_000, 20_000, 7_000, 8_000])
  })

  test.each(['t=inf', 't=1e400', 't=abc', 't=99999999999999999999', 't='])(
    'ignore the foreign timeout %s, so that the task can be renewed, reaped and completed',
    async (extras) => {
      await q.enqueue({ ...aTask('a'), envelope: `dx|mail|${extras}\n\n1` })
      await q.claim()
      expect(await deadlineOf('a')).toBe(60_000)
      expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok'])
      q.nowMs += LEASE_MS
      expect(await q.run('reap')).toEqual(['reaped', 'a', 'w'])
      await q.expectSound()
    },
  )
})

test('a task that failed before says so, and its attempt counts on', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  await q.fail({ nonce: '1-r', id: 'a', delayMs: 0 })
  await q.run('promote')
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["granted","2-r","",T+0,["b","a"],["d|mail\\n\\n1","d|mail\\n\\n1"],[null,"1,1,0,0,0,0"],"0"]
    counters: claimed=1→3
    grants: +2-r=w|T+0|30000|0|b a +2-r:left=2
    holders: +a=2-r|2|d|T+60000 +b=2-r|1|d|T+60000
    leases: +2-r=T+30000
    meta: fence=1→2
    op:c: +4=4 2-r
    pending:default: [a, b] → []"
  `)
})

test('ghosts are dropped on the way, and cost no task its place', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'd'))
  await q.run('cancel', { ids: ['a', 'c'] })
  expect(await q.changes(() => q.claim({ want: 2 }))).toMatchInlineSnapshot(`
    "answer: ["granted","1-r","",T+0,["b","d"],["d|mail\\n\\n1","d|mail\\n\\n1"],[],"0"]
    counters: +claimed=2
    ghosts: -a -c
    grants: +1-r=w|T+0|30000|0|b d +1-r:left=2
    holders: +b=1-r|1|d|T+60000 +d=1-r|1|d|T+60000
    leases: +1-r=T+30000
    meta: +fence=1
    op:c: +3=3 1-r
    pending:default: [d, c, b, a] → []"
  `)
  await q.expectSound()
})

test('a look that meets nothing but ghosts goes on behind them, whatever else is counted', async () => {
  await q.enqueue(...tasksNamed('f'))
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'f', delayMs: 9_000 })
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.run('cancel', { ids: ['a', 'b'] })
  expect(await q.claimIds({ want: 1 })).toEqual(['c'])
})

test('an id in line without an envelope is put aside as dead, and the others are handed out', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.raw.rpush(q.keys.pending_default, 'no such id')
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["granted","1-r","",T+0,["a"],["d|mail\\n\\n1"],[],"0"]
    counters: +adopted:malformed=1 +claimed=1 +dead:malformed=1 +type:malformed=1 types=1→2
    dead: +no such id=T+0
    failures: +no such id=d|malformed⏎{"f":"0000000000","n":0,"at":T+0,"r":"malformed","m":"id without an envelope"}
    grants: +1-r=w|T+0|30000|0|a +1-r:left=1
    groups: +0000000000=1|T+0|T+0|2833333|1,0,0,0,0,0 +0000000000:s=malformed⏎{"f":"0000000000","n":0,"at":T+0,"r":"malformed","m":"id without an envelope"}
    holders: +a=1-r|1|d|T+60000
    leases: +1-r=T+30000
    meta: +fence=1
    op:c: +2=2 1-r
    pending:default: [a, no such id] → []
    series: 10s@T+0=1 0 0 0→1 0 0 1 1s@T+0=1 0 0 0→1 0 0 1
    tasks: +no such id=d|malformed⏎⏎null"
  `)
  await q.expectSound()
})

describe('a claim that is repeated', () => {
  test('answers with what its grant still holds, and never with more', async () => {
    await q.enqueue(...tasksNamed('a', 'b', 'c'))
    const call = { ...ONE_FROM_EACH, call: 7, want: 2, quotaDefault: 2 }
    await q.send('claim', call)
    await q.complete({ nonce: '1-r', ids: ['a'] })
    expect(await q.changes(() => q.send('claim', { ...call, random: 'other' }))).toMatchInlineSnapshot(
      `"answer: ["granted","1-r","",T+0,["b"],["d|mail\\n\\n1"],[],"0"]"`,
    )
  })

  test('says empty once everything of its grant is settled', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    const call = { ...ONE_FROM_EACH, call: 7, want: 1 }
    await q.send('claim', call)
    await q.complete({ nonce: '1-r', ids: ['a'] })
    expect(await q.changes(() => q.send('claim', call))).toBe('answer: ["empty",""]')
  })

  test('says superseded when the ring has left it behind', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    await q.send('claim', { ...ONE_FROM_EACH, call: 70, want: 1 })
    expect(await q.changes(() => q.send('claim', { ...ONE_FROM_EACH, call: 6, want: 1 }))).toBe(
      'answer: ["superseded"]',
    )
  })
})

test('a claim forgets who lost a task before, so that only its new holder can complete it', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += LEASE_MS
  await q.run('reap')
  expect(await q.changes(() => q.claim({ idle: 1 }))).toMatchInlineSnapshot(`
    "answer: ["granted","2-r","",T+30000,["a"],["d|mail\\n\\n1"],["1,0,0,1,0,0"],"0"]
    counters: claimed=1→2
    grants: +2-r=w|T+30000|30000|0|a +2-r:left=1
    holders: +a=2-r|2|d|T+90000
    leases: +2-r=T+60000
    meta: fence=1→2
    op:c: +3=3 2-r
    pending:default: [a] → []
    reaped: -a"
  `)
  expect(await q.complete({ nonce: '1-r', ids: ['a'] })).toBe('=s')
  await q.expectSound()
})

test('a foreign entry of a task that is held is dropped, so that nobody else gets it', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  await q.raw.rpush(q.keys.pending_default, 'a')
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["granted","2-r","",T+0,["b"],["d|mail\\n\\n1"],[],"0"]
    counters: claimed=1→2 +strays=1
    grants: +2-r=w|T+0|30000|0|b +2-r:left=1
    holders: +b=2-r|1|d|T+60000
    leases: +2-r=T+30000
    meta: fence=1→2
    op:c: +3=3 2-r
    pending:default: [b, a] → []"
  `)
  await q.expectSound()
})

test('an id in line twice without an envelope is put aside once', async () => {
  await q.raw.rpush(q.keys.pending_default, 'x', 'x')
  await q.raw.rpush(q.keys.pending_low, 'x')
  await q.claim({ want: 1 })
  expect(await q.state()).toMatchObject({ counters: { 'adopted:malformed': '1', 'dead:malformed': '1', strays: '2' } })
  await q.expectSound()
})

test('a task that stands in line twice is granted once', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.raw.rpush(q.keys.pending_default, 'b', 'a', 'b')
  expect(await q.changes(() => q.claim())).toMatchInlineSnapshot(`
    "answer: ["granted","1-r","",T+0,["b","a","c"],["d|mail\\n\\n1","d|mail\\n\\n1","d|mail\\n\\n1"],[],"0"]
    counters: +claimed=3 +strays=3
    grants: +1-r=w|T+0|30000|0|b a c +1-r:left=3
    holders: +a=1-r|1|d|T+60000 +b=1-r|1|d|T+60000 +c=1-r|1|d|T+60000
    leases: +1-r=T+30000
    meta: +fence=1
    op:c: +2=2 1-r
    pending:default: [c, b, a, b, a, b] → []"
  `)
  await q.expectSound()
})
