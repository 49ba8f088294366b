import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

describe('an id that is known', () => {
  test('with the same content is a duplicate, with other content a conflict, and nothing changes', async () => {
    await q.enqueue(aTask('a', { own: true }), aTask('g'))
    // Time and trace are no content.
    const again = aTask('a', { own: true, createdAtMs: 5, traceparent: 'x' })
    expect(await q.changes(() => q.enqueue(again))).toMatchInlineSnapshot(`
      "answer: "=d"
      op:c: +2=2 =d"
    `)
    expect(await q.changes(() => q.enqueue(aTask('a', { own: true, payload: 2 })))).toMatchInlineSnapshot(`
      "answer: "=c"
      op:c: +3=3 =c"
    `)
    const other = aTask('a', { own: true, type: 'pdf' })
    expect(await q.changes(() => q.enqueue(other))).toBe('answer: "=c"\nop:c: +4=4 =c')
    expect(await q.enqueue(aTask('g'))).toBe('=d')
    expect(await q.enqueue(aTask('g', { payload: 2 }))).toBe('=c')
  })

  test('is also refused while it is active, dead or in the trash', async () => {
    const task = aTask('a', { own: true })
    await q.kill(task)
    expect(await q.enqueue(task)).toBe('=d')
    await q.run('purge', { ids: ['a'] })
    expect(await q.enqueue(task)).toBe('=d')
    await q.enqueue(aTask('b', { own: true }))
    await q.claim()
    expect(await q.enqueue(aTask('b', { own: true }))).toBe('=d')
    await q.expectSound()
  })

  test('stays known after its end, by its tomb', async () => {
    const task = aTask('a', { own: true, idempotencyTtlMs: 60_000 })
    const extras = `k=60|h=${task.contentHash}`
    await q.enqueue(task)
    await q.claim()
    expect(await q.changes(() => q.complete({ nonce: '1-r', ids: ['a'], extras }))).toMatchInlineSnapshot(`
      "answer: "=o"
      counters: +completed:mail=1
      grants: -1-r -1-r:left
      holders: -a
      leases: -1-r
      op:c: +3=3 =o
      series: 10s@T+0=1 0 0 0→1 1 0 0 1s@T+0=1 0 0 0→1 1 0 0
      tasks: -a
      tombs: +a=T+60000#503220"
    `)
    expect(await q.changes(() => q.enqueue(task))).toMatchInlineSnapshot(`
      "answer: "=d"
      op:c: +4=4 =d"
    `)
    expect(await q.enqueue(aTask('a', { own: true, payload: 2 }))).toBe('=c')
    await q.expectSound()
  })

  test('is enqueued again once its tomb was swept', async () => {
    const task = aTask('a', { own: true, idempotencyTtlMs: 60_000 })
    await q.enqueue(task)
    await q.run('cancel', { ids: ['a'] })
    q.nowMs += 61_000
    await q.run('sweep')
    expect(await q.enqueue(task)).toBe('=e')
    await q.expectSound()
  })

  test('twice in one call is taken once', async () => {
    expect(
      await q.enqueue(aTask('a', { own: true }), aTask('a', { own: true }), aTask('a', { own: true, payload: 2 })),
    ).toBe('edc')
    expect(await q.claimIds()).toEqual(['a'])
  })

  test('twice in one call is one task for generated ids too', async () => {
    await q.enqueue(aTask('a'), aTask('b'), aTask('a'))
    await q.enqueue(aTask('c', { idempotencyKey: '1' }), aTask('c', { idempotencyKey: '2' }))
    await q.expectSound()
    expect(await q.claimIds()).toEqual(['a', 'b', 'c'])
    await q.expectSound()
  })
})

describe('an idempotency key', () => {
  const first = aTask('a', { idempotencyKey: 'key' })
  const second = aTask('b', { idempotencyKey: 'key' })

  test('makes a second task a duplicate of the first, in one call and in the next', async () => {
    expect(await q.changes(() => q.enqueue(first, second))).toMatchInlineSnapshot(`
      "answer: "ed 1:a"
      counters: +enqueued:mail=1 +type:mail=1 +types=1
      idem:pi8iJb9wv6zLx_HvKjl4NnFzd94: +lives=for ever +value=a
      meta: +clock=T+0 +maxbytes=51
      op:c: +1=1 ed 1:a
      pending:default: [] → [a]
      series: +10s@T+0=1 0 0 0 +1s@T+0=1 0 0 0
      tasks: +a=dx|mail|i=pi8iJb9wv6zLx_HvKjl4NnFzd94⏎{"i":"key"}⏎1
      wake: [] → [1]"
    `)
    expect(await q.changes(() => q.enqueue(second, aTask('c')))).toMatchInlineSnapshot(`
      "answer: "de 0:a"
      counters: enqueued:mail=1→2
      op:c: +2=2 de 0:a
      pending:default: [a] → [c, a]
      series: 10s@T+0=1 0 0 0→2 0 0 0 1s@T+0=1 0 0 0→2 0 0 0
      tasks: +c=d|mail⏎⏎1"
    `)
  })

  test('stays taken through retries and crashes, and after success for its time', async () => {
    await q.enqueue(first)
    await q.claim()
    await q.fail({ nonce: '1-r', id: 'a', delayMs: 0 })
    expect(await q.enqueue(second)).toBe('=d 0:a')
    await q.run('promote')
    await q.claim()
    q.nowMs += LEASE_MS
    await q.run('reap')
    expect(await q.enqueue(second)).toBe('=d 0:a')
    await q.claim({ idle: 1 })
    await q.complete({ nonce: '3-r', ids: ['a'], extras: `i=${first.idempotencySha}|k=60`, hasRecord: true })
    expect(await q.enqueue(second)).toBe('=d 0:a')
    expect((await q.state())[`idem:${first.idempotencySha}`]).toEqual({ value: 'a', lives: '60s' })
    await q.expectSound()
  })

  test.each(['dead', 'cancelled'])('is free once its task is %s', async (end) => {
    if (end === 'dead') await q.kill(first)
    else {
      await q.enqueue(first)
      await q.run('cancel', { ids: ['a'] })
    }
    expect(await q.enqueue(second)).toBe('=e')
  })
})

describe('an id whose cancelled entry is still in line', () => {
  beforeEach(async () => {
    await q.enqueue(aTask('a'), aTask('b'))
    await q.run('cancel', { ids: ['a'] })
  })

  test('takes that entry back when it is enqueued for now', async () => {
    expect(await q.changes(() => q.enqueue(aTask('a'), aTask('c')))).toMatchInlineSnapshot(`
      "answer: "=e"
      counters: enqueued:mail=2→4
      ghosts: -a
      op:c: +3=3 =e
      pending:default: [b, a] → [c, b, a]
      series: 10s@T+0=2 0 0 0→4 0 0 0 1s@T+0=2 0 0 0→4 0 0 0
      tasks: +a=d|mail⏎⏎1 +c=d|mail⏎⏎1"
    `)
    expect(await q.claimIds()).toEqual(['a', 'b', 'c'])
    await q.expectSound()
  })

  test('keeps it dead while it waits for its time', async () => {
    await q.enqueue(aTask('a', { when: 'in', timeMs: 1_000 }))
    await q.expectSound()
    expect(await q.claimIds()).toEqual(['b'])
    await q.expectSound()
  })
})
