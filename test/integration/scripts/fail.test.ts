import { beforeEach, describe, expect, test } from 'vitest'
import { decodeFailures, failureLine } from '../../../src/core/records.ts'
import { aFailure, aTask, extrasOf, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const failuresOf = async (id: string) =>
  decodeFailures(((await q.state())['failures'] as Record<string, string> | undefined)?.[id])

test('a task to be tried again waits in the line of its priority until then', async () => {
  await q.enqueue(aTask('a', { priority: 'high' }))
  await q.claim()
  expect(await q.changes(() => q.fail({ nonce: '1-r', id: 'a', delayMs: 2_000 }))).toMatchInlineSnapshot(`
    "answer: "=r"
    attempts: +a=1,1,0,0,0,0
    counters: +retried:mail=1
    failures: +a=h|mail⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"}
    grants: -1-r -1-r:left
    holders: -a
    leases: -1-r
    op:c: +3=3 =r
    scheduled: +ha=T+2000
    series: 10s@T+0=1 0 0 0→1 0 1 0 1s@T+0=1 0 0 0→1 0 1 0"
  `)
  await q.expectSound()
})

test('whoever sleeps until the next due time is told the soonest retry', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.claim()
  const delays = [5_000, 3_000, 4_000]
  const items = ['a', 'b', 'c'].flatMap((id, i) => ['1-r', id, 'mail', 'retry', delays[i]!, aFailure(), ''])
  expect(await nudgesOf(q, () => q.send('fail', { call: ++q.call, items }))).toEqual([q.nowMs + 3_000])
})

test('a task that gives up is dead, frees its idempotency key at once, and its id leaves a tomb', async () => {
  const task = aTask('a', { own: true, idempotencyKey: 'k' })
  await q.enqueue(task)
  await q.claim()
  const extras = extrasOf(task.envelope)
  expect(await q.changes(() => q.fail({ nonce: '1-r', id: 'a', verdict: 'dead', extras }))).toMatchInlineSnapshot(`
    "answer: "=d"
    attempts: +a=1,0,0,0,0,0
    counters: +dead:mail=1
    dead: +a=T+0
    failures: +a=d|mail⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"}
    grants: -1-r -1-r:left
    holders: -a
    idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: -lives -value
    leases: -1-r
    op:c: +3=3 =d
    series: 10s@T+0=1 0 0 0→1 0 1 1 1s@T+0=1 0 0 0→1 0 1 1
    tombs: +a=T+86400000#880953"
  `)
  await q.expectSound()
})

test('one call fails tasks of several grants and types', async () => {
  await q.enqueue(...tasksNamed('a', 'b'), aTask('p', { type: 'pdf' }))
  await q.claim({ want: 1 })
  await q.claim({ want: 2 })
  expect(
    await q.changes(() =>
      q.fail(
        { nonce: '1-r', id: 'a' },
        { nonce: '2-r', id: 'p', type: 'pdf', verdict: 'dead' },
        { nonce: '1-r', id: 'b' },
        { nonce: '2-r', id: 'b', delayMs: 0 },
        { nonce: '2-r', id: 'b', delayMs: 0 },
      ),
    ),
  ).toMatchInlineSnapshot(`
    "answer: "rdsrs"
    attempts: +a=1,1,0,0,0,0 +b=1,1,0,0,0,0 +p=1,0,0,0,0,0
    counters: +dead:pdf=1 +retried:mail=2 +stale=2
    dead: +p=T+0
    failures: +a=d|mail⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"} +b=d|mail⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"} +p=d|pdf⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"}
    grants: -1-r -1-r:left -2-r -2-r:left
    holders: -a -b -p
    leases: -1-r -2-r
    op:c: +4=4 rdsrs
    scheduled: +da=T+1000 +db=T+0
    series: 10s@T+0=3 0 0 0→3 0 3 1 1s@T+0=3 0 0 0→3 0 3 1"
  `)
  await q.expectSound()
})

describe('stale, and counted as such, is a failure', () => {
  test('of another grant', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    expect(await q.changes(() => q.fail({ nonce: '2-r', id: 'a' }))).toMatchInlineSnapshot(`
      "answer: "=s"
      counters: +stale=1
      op:c: +3=3 =s"
    `)
  })

  test('after the lease was reaped: only a completion is accepted late', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    q.nowMs += LEASE_MS
    await q.run('reap')
    expect(await q.fail({ nonce: '1-r', id: 'a', verdict: 'dead' })).toBe('=s')
    await q.expectSound()
  })
})

test.each(['retry', 'dead'] as const)('a task whose cancel was asked for is cancelled, not %s', async (verdict) => {
  const task = aTask('a', { own: true, idempotencyKey: 'k' })
  await q.enqueue(task)
  await q.claim()
  await q.run('cancel', { ids: ['a'] })
  const extras = extrasOf(task.envelope)
  const changes = await q.changes(() => q.fail({ nonce: '1-r', id: 'a', verdict, extras }))
  expect(changes).toMatchInlineSnapshot(`
    "answer: "=c"
    cancels: -a
    completed: +a=T+86400000
    counters: +cancelled:mail=1
    grants: -1-r -1-r:left
    holders: -a
    idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: -lives -value
    leases: -1-r
    op:c: +4=4 =c
    results: +a={"t":"mail","s":"cancelled","f":T+0}
    tasks: -a
    tombs: +a=T+86400000#880953"
  `)
  await q.expectSound()
})

test('a failure ends the suspicion and the search for a handler, and keeps what else is counted', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.raw.hset(q.keys.attempts, 'a', '4,1,2,1,3,1700000000000')
  await q.fail({ nonce: '1-r', id: 'a' })
  expect((await q.state())['attempts']).toEqual({ a: '5,2,2,0,3,0' })
})

test('the last ten failures are kept, newest first, the stack of the newest only', async () => {
  await q.enqueue(...tasksNamed('a'))
  for (let attempt = 1; attempt <= 12; attempt++) {
    const [, nonce] = (await q.claim()) as [string, string]
    const line = failureLine({
      attempt,
      atMs: q.nowMs,
      worker: 'w',
      reason: 'error',
      message: `line one\nline two\tof ${attempt}`,
      stack: `at one\n\tat two of ${attempt}`,
    })
    await q.fail({ nonce, id: 'a', delayMs: 0, line })
    await q.run('promote')
  }
  const { type, priority, attempts } = await failuresOf('a')
  expect({ type, priority }).toEqual({ type: 'mail', priority: 'default' })
  expect(attempts.map(({ attempt }) => attempt)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  expect(attempts.map(({ stack }) => stack)).toEqual(['at one\n\tat two of 12', ...Array<undefined>(9).fill(undefined)])
  expect(attempts[9]!.message).toBe('line one\nline two\tof 3')
  await q.expectSound()
})

test('a task that ended its own process is in front of its line again at once, and charged', async () => {
  await q.enqueue(aTask('a', { priority: 'high' }), aTask('b', { priority: 'high' }))
  await q.claim({ want: 1 })
  await q.raw.del(q.keys.wake)
  expect(await q.changes(() => q.fail({ nonce: '1-r', id: 'a', verdict: 'crash' }))).toMatchInlineSnapshot(`
    "answer: "=p"
    attempts: +a=1,0,1,2,0,0
    counters: +reclaimed:mail=1
    failures: +a=h|mail⏎{"n":1,"at":T+0,"w":"w","r":"error","m":"no"}
    grants: -1-r -1-r:left
    holders: -a
    leases: -1-r
    op:c: +3=3 =p
    pending:high: [b] → [b, a]
    wake: [] → [1]"
  `)
  expect(await q.claimIds({ want: 1, contains: '*', spare: 1 })).toEqual(['a'])
  await q.expectSound()
})

test('a task that ended its own process, and whose cancel was asked for, is cancelled', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.run('cancel', { ids: ['a'] })
  expect(await q.fail({ nonce: '1-r', id: 'a', verdict: 'crash' })).toBe('=c')
  await q.expectSound()
})
