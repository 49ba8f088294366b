import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

/** Their worker dies: all that it held stands at the front of the line again, in the order it had. */
async function dies(want: number, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    await q.claim({ worker: 'dead', want })
    // Sweeps further apart than half a lease hold back.
    for (let half = 0; half < 2; half++) {
      q.nowMs += LEASE_MS / 2
      await q.run('reap')
    }
  }
}

/** Tasks whose worker died twice: each is a suspect, in the order given, at the front of the line. */
async function suspects(...ids: string[]): Promise<void> {
  await q.enqueue(...tasksNamed(...ids))
  await dies(ids.length, 2)
}

type Reply = [word: string, nonce: string, hint: string, nowMs: number, ids: string[], ...rest: unknown[]]
const granted = async (
  args: Record<string, string | number>,
): Promise<{ ids: string[]; hint: string; alone: unknown }> => {
  const [word, nonce, hint, , ids, , , alone] = (await q.claim(args)) as Reply
  return word === 'empty' ? { ids: [], hint: nonce, alone: '0' } : { ids, hint, alone }
}

test('a suspect goes alone, and only to a worker that runs nothing', async () => {
  await suspects('a', 'b')
  await q.enqueue(...tasksNamed('c'))
  expect(await q.changes(() => q.claim({ idle: 1 }))).toMatchInlineSnapshot(`
    "answer: ["granted","3-r","",T+60000,["a"],["d|mail\\n\\n1"],["2,0,0,2,0,0"],"1"]
    counters: claimed=4→5
    grants: +3-r=w|T+60000|30000|1|a +3-r:left=1
    holders: +a=3-r|3|d|T+120000
    leases: +3-r=T+90000
    meta: +alone=w|T+90000 fence=2→3
    op:c: +5=5 3-r
    pending:default: [c, b, a] → [c, b]
    reaped: -a"
  `)
  await q.expectSound()
})

test('a busy worker gets what stands behind the suspects, and is asked to drain', async () => {
  await suspects('a', 'b')
  await q.enqueue(...tasksNamed('c', 'd'))
  expect(await q.changes(() => q.claim({ want: 3 }))).toMatchInlineSnapshot(`
    "answer: ["granted","3-r","drain",T+60000,["c","d"],["d|mail\\n\\n1","d|mail\\n\\n1"],[null,null],"0"]
    counters: claimed=4→6
    grants: +3-r=w|T+60000|30000|0|c d +3-r:left=2
    holders: +c=3-r|1|d|T+120000 +d=3-r|1|d|T+120000
    leases: +3-r=T+90000
    meta: +alone=w|T+90000 fence=2→3
    op:c: +5=5 3-r drain
    pending:default: [d, c, b, a] → [b, a]"
  `)
  await q.expectSound()
})

test('suspects go back to their places, whatever line they stand in', async () => {
  await q.enqueue(aTask('h', { priority: 'high' }), aTask('d'), aTask('l', { priority: 'low' }))
  await dies(3, 2)
  await q.enqueue(aTask('h2', { priority: 'high' }), aTask('d2'), aTask('l2', { priority: 'low' }))
  expect(await granted({ want: 9 })).toEqual({ ids: ['h2', 'd2', 'l2'], hint: 'drain', alone: '0' })
  expect(await q.state()).toMatchObject({ 'pending:high': ['h'], 'pending:default': ['d'], 'pending:low': ['l'] })
  await q.expectSound()
})

test('an idle worker takes what stands before a suspect, and leaves it', async () => {
  await suspects('s')
  await q.enqueue(aTask('h', { priority: 'high' }), aTask('d'))
  expect(await granted({ idle: 1, want: 3 })).toEqual({ ids: ['h', 'd'], hint: '', alone: '0' })
  expect(await q.state()).toMatchObject({ 'pending:default': ['s'] })
  expect(await granted({ idle: 1, want: 3 })).toEqual({ ids: ['s'], hint: '', alone: '1' })
  await q.expectSound()
})

test('nothing goes out behind a suspect that is granted, though it was looked at', async () => {
  await suspects('s')
  await q.enqueue(...tasksNamed('c', 'd'))
  expect(await granted({ idle: 1, want: 3 })).toEqual({ ids: ['s'], hint: '', alone: '1' })
  expect(await q.state()).toMatchObject({ 'pending:default': ['d', 'c'], wake: ['1'] })
  await q.expectSound()
})

describe('of the workers of a queue', () => {
  beforeEach(() => suspects('a', 'b'))

  test('one drains at a time, and is asked again', async () => {
    expect(await granted({ worker: 'w1' })).toMatchObject({ hint: 'drain' })
    expect(await q.changes(() => q.claim({ worker: 'w2' }))).toBe('answer: ["empty",""]')
    expect(await granted({ worker: 'w1' })).toMatchObject({ hint: 'drain' })
  })

  test('another drains when the first has not come back within its lease', async () => {
    await granted({ worker: 'w1' })
    q.nowMs += LEASE_MS - 1
    expect(await granted({ worker: 'w2' })).toMatchObject({ hint: '' })
    q.nowMs += 1
    expect(await granted({ worker: 'w2' })).toMatchObject({ hint: 'drain' })
  })

  test('one that is idle takes a suspect, whoever drains', async () => {
    await granted({ worker: 'w1' })
    expect(await granted({ worker: 'w2', idle: 1 })).toMatchObject({ ids: ['a'], alone: '1' })
    expect(await granted({ worker: 'w1', idle: 1 })).toMatchObject({ ids: ['b'], alone: '1' })
  })

  test('the drainer is free again once no suspect is left', async () => {
    await granted({ worker: 'w1', idle: 1 })
    await granted({ worker: 'w1', idle: 1 })
    await q.enqueue(...tasksNamed('c'))
    expect(await q.changes(() => q.claim({ worker: 'w1' }))).toMatchInlineSnapshot(`
      "answer: ["granted","5-r","",T+60000,["c"],["d|mail\\n\\n1"],[null],"0"]
      counters: claimed=6→7
      grants: +5-r=w1|T+60000|30000|0|c +5-r:left=1
      holders: +c=5-r|1|d|T+120000
      leases: +5-r=T+90000
      meta: -alone fence=4→5
      op:c: +7=7 5-r
      pending:default: [c] → []"
    `)
  })
})

test('hundreds of suspects at the front keep no busy worker from what stands behind them', async () => {
  const ids = Array.from({ length: 399 }, (_, i) => `s${i}`)
  await suspects(...ids)
  await q.enqueue(...tasksNamed('c', 'd'))
  expect(await granted({ want: 2 })).toEqual({ ids: ['c', 'd'], hint: 'drain', alone: '0' })
  expect((await q.state())['pending:default']).toEqual(ids.toReversed())
  await q.expectSound()
})

test('an idle worker prefers other work to a suspect while somebody else drains', async () => {
  await suspects('a', 'b')
  await q.enqueue(...tasksNamed('c'))
  await granted({ worker: 'w1', want: 1 })
  await q.enqueue(...tasksNamed('d'))
  expect(await granted({ worker: 'w2', idle: 1 })).toEqual({ ids: ['d'], hint: '', alone: '0' })
  expect(await q.changes(() => q.claim({ worker: 'w2', idle: 1 }))).toMatchInlineSnapshot(`
    "answer: ["granted","5-r","",T+60000,["a"],["d|mail\\n\\n1"],["2,0,0,2,0,0"],"1"]
    counters: claimed=6→7
    grants: +5-r=w2|T+60000|30000|1|a +5-r:left=1
    holders: +a=5-r|3|d|T+120000
    leases: +5-r=T+90000
    meta: fence=4→5
    op:c: +8=8 5-r
    pending:default: [b, a] → [b]
    reaped: -a"
  `)
  expect(await granted({ worker: 'w1', idle: 1 })).toEqual({ ids: ['b'], hint: '', alone: '1' })
  await q.expectSound()
})

test('suspects of any size do not use up the bytes of an answer', async () => {
  const heavy = ['a', 'b', 'c'].map((id) => aTask(id, { payload: 'x'.repeat(60_000) }))
  await q.enqueue(...heavy)
  await dies(3, 2)
  await q.enqueue(aTask('d', { payload: 'x'.repeat(60_000) }), aTask('e'))
  expect(await granted({ maxBytes: 100_000 })).toEqual({ ids: ['d', 'e'], hint: 'drain', alone: '0' })
})

test('a suspect that completes, fails or is given back is treated as what it then is', async () => {
  await suspects('a', 'b', 'c')
  await q.claim({ idle: 1 })
  await q.complete({ nonce: '3-r', ids: ['a'], hasRecord: true })
  await q.claim({ idle: 1 })
  await q.fail({ nonce: '4-r', id: 'b', delayMs: 0 })
  await q.claim({ idle: 1 })
  await q.release({ nonce: '5-r', id: 'c' })
  await q.run('promote')
  expect((await q.state())['attempts']).toEqual({ b: '3,1,0,0,0,0', c: '2,0,0,2,0,0' })
  expect(await granted({ want: 5 })).toEqual({ ids: ['b'], hint: 'drain', alone: '0' })
  expect(await granted({ idle: 1 })).toEqual({ ids: ['c'], hint: '', alone: '1' })
  await q.expectSound()
})

test('a task whose worker died once runs as before: it was most likely bad luck', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await dies(2)
  await q.enqueue(...tasksNamed('c'))
  expect(await granted({ want: 3 })).toEqual({ ids: ['a', 'b', 'c'], hint: '', alone: '0' })
  expect((await q.state())['attempts']).toEqual({ a: '1,0,0,1,0,0', b: '1,0,0,1,0,0' })
  await q.expectSound()
})

describe('a worker with processes for suspects', () => {
  test('takes as many of them as it has processes, beside other work', async () => {
    await suspects('a', 'b', 'c')
    await q.enqueue(...tasksNamed('d'))
    expect(await granted({ want: 9, contains: '*', spare: 2 })).toEqual({ ids: ['a', 'b', 'd'], hint: '', alone: '0' })
    expect(await q.state()).toMatchObject({ 'pending:default': ['c'] })
    await q.expectSound()
  })

  test('leaves them where they stand, and goes on, while none is free', async () => {
    await suspects('a')
    await q.enqueue(...tasksNamed('d'))
    expect(await granted({ idle: 1, contains: '*', spare: 0 })).toEqual({ ids: ['d'], hint: '', alone: '0' })
    expect(await granted({ contains: '*', spare: 0 })).toEqual({ ids: [], hint: '', alone: '0' })
    await q.expectSound()
  })

  test('takes only the types it can run there', async () => {
    await q.enqueue(aTask('a', { type: 'mail' }), aTask('b', { type: 'image' }))
    await dies(2, 2)
    expect(await granted({ contains: ' video image ', spare: 2 })).toEqual({ ids: ['b'], hint: 'drain', alone: '0' })
    expect(await granted({ contains: ' mailing ', spare: 2, idle: 1 })).toEqual({ ids: ['a'], hint: '', alone: '1' })
    await q.expectSound()
  })

  test('runs one alone that took a worker along from a process of its own', async () => {
    await suspects('a')
    for (let i = 0; i < 2; i++) {
      expect(await granted({ worker: 'dead', contains: '*', spare: 1 })).toMatchObject({ ids: ['a'], alone: '0' })
      for (let half = 0; half < 2; half++) {
        q.nowMs += LEASE_MS / 2
        await q.run('reap')
      }
    }
    expect((await q.state())['attempts']).toEqual({ a: '4,0,0,4,0,0' })
    expect(await granted({ contains: '*', spare: 1 })).toEqual({ ids: [], hint: 'drain', alone: '0' })
    expect(await granted({ contains: '*', spare: 1, idle: 1 })).toEqual({ ids: ['a'], hint: '', alone: '1' })
    await q.expectSound()
  })
})
