import { beforeEach, describe, expect, test } from 'vitest'
import { sha1 } from '../../../src/core/envelope.ts'
import { aTask, extrasOf, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const RECORD = '{"t":"mail","s":"completed"}'

test('a completed task leaves its place, keeps a record until its expiry, and ends its grant', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += 500
  expect(await q.changes(() => q.complete({ nonce: '1-r', ids: ['a'], record: RECORD }))).toMatchInlineSnapshot(`
    "answer: "=o"
    completed: +a=T+60500
    counters: +completed:mail=1
    grants: -1-r -1-r:left
    holders: -a
    leases: -1-r
    meta: clock=T+0→T+500
    op:c: +3=3 =o
    results: +a={"t":"mail","s":"completed"}
    series: 10s@T+0=1 0 0 0→1 1 0 0 1s@T+0=1 0 0 0→1 1 0 0
    tasks: -a"
  `)
  await q.expectSound()
})

test('one call settles groups of several grants and types, with and without records', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'), aTask('p', { type: 'pdf' }))
  await q.claim({ want: 2 })
  await q.claim({ want: 2 })
  const groups = [
    { nonce: '1-r', ids: ['a'], record: RECORD },
    { nonce: '2-r', ids: ['c'] },
    { nonce: '2-r', ids: ['p'], type: 'pdf', record: RECORD },
  ]
  expect(await q.changes(() => q.complete(...groups))).toMatchInlineSnapshot(`
    "answer: "=o"
    completed: +a=T+60000 +p=T+60000
    counters: +completed:mail=2 +completed:pdf=1
    grants: 1-r:left=2→1 -2-r -2-r:left
    holders: -a -c -p
    leases: -2-r
    op:c: +4=4 =o
    results: +a={"t":"mail","s":"completed"} +p={"t":"mail","s":"completed"}
    series: 10s@T+0=4 0 0 0→4 3 0 0 1s@T+0=4 0 0 0→4 3 0 0
    tasks: -a -c -p"
  `)
  await q.expectSound()
})

test('an id that is given twice in one group counts once', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a', 'a'], record: RECORD })
  await q.expectSound()
  expect(await q.state()).toMatchObject({ grants: { '1-r:left': '1' }, counters: { 'completed:mail': '1' } })
})

test('the record of a task is its own, whichever of its neighbours are refused', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'b' })
  const items = ['1-r', 'mail', 'rx', 60_000, 3, ...['a', 'b', 'c'].flatMap((id) => [id, `"${id}"`, `i=${id}`])]
  expect(await q.run('complete', { items })).toBe('oso')
  expect((await q.state())['results']).toEqual({ a: '"a"', c: '"c"' })
  await q.expectSound()
})

describe('stale is', () => {
  beforeEach(async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    await q.claim({ want: 1 })
  })

  test('a completion by another grant, which changes nothing but a counter', async () => {
    expect(await q.changes(() => q.complete({ nonce: '9-x', ids: ['a'], record: RECORD }))).toMatchInlineSnapshot(`
      "answer: "=s"
      counters: +stale=1
      op:c: +3=3 =s"
    `)
  })

  test('a completion by a nonce that only begins like the holder’s', async () => {
    expect(await q.complete({ nonce: '1-', ids: ['a'] })).toBe('=s')
  })

  test('a completion of a task that waits, that ended, or that never was', async () => {
    await q.complete({ nonce: '1-r', ids: ['a'] })
    expect(await q.complete({ nonce: '1-r', ids: ['a', 'b', 'zzz'] })).toBe('=s')
    await q.expectSound()
  })
})

describe('after its lease was reaped', () => {
  beforeEach(async () => {
    await q.enqueue(aTask('a', { own: true }), aTask('b'))
    await q.claim({ want: 1 })
    q.nowMs += LEASE_MS
    await q.run('reap')
  })
  const late = () =>
    q.complete({ nonce: '1-r', ids: ['a'], record: RECORD, extras: extrasOf(aTask('a', { own: true }).envelope) })

  test('a task may still be completed by who lost it: its entry becomes a ghost, the crash is taken back', async () => {
    expect(await q.changes(late)).toMatchInlineSnapshot(`
      "answer: "=l"
      attempts: -a
      completed: +a=T+90000
      counters: +completed:mail=1
      ghosts: +a=1
      op:c: +3=3 =l
      reaped: -a
      results: +a={"t":"mail","s":"completed"}
      series: +10s@T+30000=0 1 0 0 +1s@T+30000=0 1 0 0
      tasks: -a
      tombs: +a=T+86430000#503220"
    `)
    expect(await late()).toBe('=s')
    expect(await q.claimIds()).toEqual(['b'])
    await q.expectSound()
  })

  test('it may not be completed once another has claimed it', async () => {
    await q.claim({ want: 1, idle: 1 })
    expect(await late()).toBe('=s')
    await q.expectSound()
  })

  test('it may not be completed by anybody else', async () => {
    expect(await q.complete({ nonce: '2-x', ids: ['a'] })).toBe('=s')
  })

  test('it may not be completed once it was cancelled', async () => {
    await q.run('cancel', { ids: ['a'] })
    expect(await late()).toBe('=s')
    await q.expectSound()
  })

  test('it may not be completed by a nonce of before, once it was given back by the next holder', async () => {
    await q.claim({ want: 1, idle: 1 })
    await q.release({ nonce: '2-r', id: 'a' })
    expect(await late()).toBe('=s')
    await q.expectSound()
  })
})

describe('success', () => {
  test('starts the life of the idempotency key and leaves a tomb of an id that the caller chose', async () => {
    const task = aTask('a', { own: true, idempotencyKey: 'k', idempotencyTtlMs: 120_000 })
    await q.enqueue(task)
    await q.claim()
    const extras = extrasOf(task.envelope)
    expect(await q.changes(() => q.complete({ nonce: '1-r', ids: ['a'], extras }))).toMatchInlineSnapshot(`
      "answer: "=o"
      counters: +completed:mail=1
      grants: -1-r -1-r:left
      holders: -a
      idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: lives=for ever→120s
      leases: -1-r
      op:c: +3=3 =o
      series: 10s@T+0=1 0 0 0→1 1 0 0 1s@T+0=1 0 0 0→1 1 0 0
      tasks: -a
      tombs: +a=T+120000#880953"
    `)
  })

  test('leaves the key alone when it belongs to another task by now', async () => {
    await q.enqueue(aTask('a', { idempotencyKey: 'k' }))
    await q.claim()
    await q.raw.set(`${q.keys.idem}${sha1('k')}`, 'other')
    await q.complete({ nonce: '1-r', ids: ['a'], extras: `i=${sha1('k')}` })
    expect((await q.state())[`idem:${sha1('k')}`]).toEqual({ value: 'other', lives: 'for ever' })
  })

  test('forgets retries and failures', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.fail({ nonce: '1-r', id: 'a', delayMs: 0 })
    await q.run('promote')
    await q.claim()
    expect(await q.changes(() => q.complete({ nonce: '2-r', ids: ['a'], hasRecord: true }))).toMatchInlineSnapshot(`
      "answer: "=o"
      attempts: -a
      counters: +completed:mail=1
      failures: -a
      grants: -2-r -2-r:left
      holders: -a
      leases: -2-r
      op:c: +5=5 =o
      series: 10s@T+0=1 0 1 0→1 1 1 0 1s@T+0=1 0 1 0→1 1 1 0
      tasks: -a"
    `)
    await q.expectSound()
  })

  test('comes before a cancel that was asked for', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.run('cancel', { ids: ['a'] })
    expect(await q.complete({ nonce: '1-r', ids: ['a'] })).toBe('=o')
    expect((await q.state())['cancels']).toBeUndefined()
    await q.expectSound()
  })

  test.each(['k=soon', 'k=inf', 'h=-1|k=99999999999999999999', 'h=none', 'i='])(
    'is not stopped by the foreign extras %s',
    async (extras) => {
      await q.enqueue(...tasksNamed('a', 'b'))
      await q.claim()
      expect(await q.complete({ nonce: '1-r', ids: ['a', 'b'], extras })).toBe('=o')
      await q.expectSound()
    },
  )
})

test('a record that reads like extras of a header is no more than a record', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a', 'b'], record: '|h=5|k=1|i=x' })
  expect(Object.keys(await q.state())).not.toContain('tombs')
})

test('only so many records are kept, those that expire first go first', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'd'))
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'], record: RECORD, resultTtlMs: 90_000 })
  await q.complete({ nonce: '1-r', ids: ['b'], record: RECORD })
  const items = ['1-r', 'mail', 'r', 60_500, 2, 'c', RECORD, 'd', RECORD]
  expect(await q.run('complete', { resultMax: 2, items })).toBe('=o')
  expect(Object.keys((await q.state())['results']!)).toEqual(['a', 'd'])
  await q.expectSound()
})
