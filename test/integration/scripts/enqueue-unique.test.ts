import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, extrasOf, LEASE_MS, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const uniqueKeys = async () => Object.entries(await q.state()).filter(([key]) => key.startsWith('uniq:'))
const owner = async (): Promise<unknown> =>
  ((await uniqueKeys())[0]?.[1] as Record<string, string> | undefined)?.['value']

describe('a unique task', () => {
  const first = aTask('a', { unique: 'u' })
  const second = aTask('b', { unique: 'u', payload: 2 })

  test('makes another one a duplicate of it, in one call and in the next', async () => {
    expect(await q.changes(() => q.enqueue(first, second))).toMatchInlineSnapshot(`
      "answer: "ed 1:a"
      counters: +enqueued:mail=1 +type:mail=1 +types=1
      meta: +clock=T+0 +maxbytes=49
      op:c: +1=1 ed 1:a
      pending:default: [] → [a]
      series: +10s@T+0=1 0 0 0 +1s@T+0=1 0 0 0
      tasks: +a=dx|mail|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎⏎1
      uniq:x8RtE1UiqNMTRfLaRAfDYUAIIuA: +lives=600s +value=a
      wake: [] → [1]"
    `)
    expect(await q.changes(() => q.enqueue(second, aTask('c', { unique: 'v' })))).toMatchInlineSnapshot(`
      "answer: "de 0:a"
      counters: enqueued:mail=1→2
      op:c: +2=2 de 0:a
      pending:default: [a] → [c, a]
      series: 10s@T+0=1 0 0 0→2 0 0 0 1s@T+0=1 0 0 0→2 0 0 0
      tasks: +c=dx|mail|u=wq2m8MGFvpOD8Nvy60yCq-QZQzw|w=600000⏎⏎1
      uniq:wq2m8MGFvpOD8Nvy60yCq-QZQzw: +lives=600s +value=c"
    `)
    await q.expectSound()
  })

  test('is unique beside tasks without any such wish, and those with an idempotency key', async () => {
    await q.enqueue(first)
    expect(await q.enqueue(aTask('b'), aTask('c', { idempotencyKey: 'k' }))).toBe('=e')
    expect(await q.enqueue(aTask('d', { idempotencyKey: 'k', unique: 'v' }))).toBe('=d 0:c')
    expect(await q.enqueue(aTask('e', { idempotencyKey: 'l', unique: 'u' }))).toBe('=d 0:a')
    await q.expectSound()
  })

  test('stays so while it runs and fails, and after success until its time is over', async () => {
    await q.enqueue(first)
    await q.claim()
    expect(await q.enqueue(second)).toBe('=d 0:a')
    await q.fail({ nonce: '1-r', id: 'a', delayMs: 0 })
    expect(await q.enqueue(second)).toBe('=d 0:a')
    await q.run('promote')
    await q.claim()
    const done = () => q.complete({ nonce: '2-r', ids: ['a'], extras: extrasOf(first.envelope), hasRecord: true })
    expect(await q.changes(done)).not.toContain('uniq')
    expect(await q.enqueue(second)).toBe('=d 0:a')
    expect((await uniqueKeys())[0]?.[1]).toEqual({ value: 'a', lives: '600s' })
    await q.expectSound()
  })

  test.each(['dead', 'poison', 'cancelled', 'cancelled while active'])('is so no more once it is %s', async (end) => {
    if (end === 'dead') await q.kill(first)
    else await q.enqueue(first)
    if (end === 'poison') await q.raw.hset(q.keys.attempts, 'a', '2,0,2,3,0,0')
    if (end !== 'dead' && end !== 'cancelled') await q.claim({ idle: 1 })
    if (end.startsWith('cancelled')) await q.run('cancel', { ids: ['a'] })
    if (end === 'cancelled while active') await q.fail({ nonce: '1-r', id: 'a' })
    if (end === 'poison') {
      await q.run('reap')
      q.nowMs += LEASE_MS / 3
      await q.run('reap')
      q.nowMs += LEASE_MS / 3
      await q.run('reap')
      q.nowMs += LEASE_MS / 3
      await q.run('reap')
    }
    expect(await uniqueKeys()).toEqual([])
    expect(await q.enqueue(second)).toBe('=e')
    await q.expectSound()
  })

  test('whose place another one took frees nothing when it ends', async () => {
    await q.enqueue(first)
    await q.raw.del(q.keys.uniq + extrasOf(first.envelope).match(/u=([^|]*)/)![1])
    await q.enqueue(second)
    await q.run('cancel', { ids: ['a'] })
    expect(await owner()).toBe('b')
    await q.run('cancel', { ids: ['b'] })
    expect(await owner()).toBeUndefined()
    await q.expectSound()
  })
})

describe('a unique task in mode replace', () => {
  const old = { unique: 'u', mode: 'replace' } as const
  const fresh = aTask('b', { ...old, payload: 2, timeoutMs: 9, priority: 'high' })

  test('gives its content to the one in line, which keeps its id, its place and its priority', async () => {
    await q.enqueue(aTask('a', old), aTask('z'))
    await q.raw.pexpire(q.keys.uniq + extrasOf(fresh.envelope).match(/u=([^|]*)/)![1], 52_000)
    expect(await q.changes(() => q.enqueue(fresh))).toMatchInlineSnapshot(`
      "answer: "=r 0:a"
      counters: +replaced:mail=1
      meta: maxbytes=49→60
      op:c: +2=2 =r 0:a
      tasks: a=dx|mail|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎⏎1→dx|mail|t=9|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎{"t":9}⏎2
      uniq:x8RtE1UiqNMTRfLaRAfDYUAIIuA: lives=50s→600s"
    `)
    expect(await q.claimIds()).toEqual(['a', 'z'])
    await q.expectSound()
  })

  test('moves one that waits for its time into line, or to another time', async () => {
    await q.enqueue(aTask('a', { ...old, when: 'in', timeMs: 5_000 }))
    const later = aTask('b', { ...old, when: 'in', timeMs: 9_000, priority: 'low' })
    expect(await q.changes(() => q.enqueue(later))).toMatchInlineSnapshot(`
      "answer: "=r 0:a"
      counters: +replaced:mail=1
      op:c: +2=2 =r 0:a
      scheduled: -da +la=T+9000
      tasks: a=dx|mail|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎⏎1→lx|mail|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎⏎1"
    `)
    expect(await q.changes(() => q.enqueue(fresh))).toMatchInlineSnapshot(`
      "answer: "=r 0:a"
      counters: replaced:mail=1→2
      meta: maxbytes=49→60
      op:c: +3=3 =r 0:a
      pending:high: [] → [a]
      scheduled: -la
      tasks: a=lx|mail|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎⏎1→hx|mail|t=9|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎{"t":9}⏎2
      wake: [] → [1]"
    `)
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test('takes one out of line that has to wait now', async () => {
    await q.enqueue(aTask('a', old))
    const later = aTask('b', { ...old, when: 'in', timeMs: 5_000 })
    expect(await q.changes(() => q.enqueue(later))).toMatchInlineSnapshot(`
      "answer: "=r 0:a"
      counters: +replaced:mail=1
      ghosts: +a=1
      op:c: +2=2 =r 0:a
      scheduled: +da=T+5000"
    `)
    await q.expectSound()
    expect(await q.claimIds()).toEqual([])
    q.nowMs += 5_000
    await q.run('promote')
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test('may be there many times in one call: the last one counts, once', async () => {
    const later = aTask('b', { ...old, when: 'in', timeMs: 5_000, payload: 2 })
    const last = aTask('c', { ...old, payload: 3 })
    expect(await q.enqueue(aTask('a', old), later, last)).toBe('err 1:a 2:a')
    expect((await q.inspector.task('a', q.name))?.payload).toBe(3)
    await q.expectSound()
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test.each(['runs', 'failed', 'was reaped', 'is done'])(
    'follows one that %s, and is the unique one then',
    async (how) => {
      const one = aTask('a', old)
      await q.enqueue(one)
      await q.claim()
      if (how === 'failed') await q.fail({ nonce: '1-r', id: 'a', delayMs: 1_000 })
      if (how === 'is done') await q.complete({ nonce: '1-r', ids: ['a'], extras: extrasOf(one.envelope) })
      if (how === 'was reaped') {
        for (let sweep = 0; sweep < 4; sweep++) {
          q.nowMs += LEASE_MS / 3
          await q.run('reap')
        }
      }
      expect(await q.enqueue(fresh)).toBe('=e')
      expect(await owner()).toBe('b')
      expect(await q.enqueue(aTask('c', { ...old, payload: 3 }))).toBe('=r 0:b')
      await q.expectSound()
    },
  )

  test('hands its idempotency key on; that of the old content stays known for its time', async () => {
    await q.enqueue(aTask('a', { ...old, idempotencyKey: 'k', idempotencyTtlMs: 60_000 }))
    const next = aTask('b', { ...old, idempotencyKey: 'l', payload: 2 })
    expect(await q.changes(() => q.enqueue(next))).toMatchInlineSnapshot(`
      "answer: "=r 0:a"
      counters: +replaced:mail=1
      idem:B8NCvm5WDn9DhC4uIbd05h2F8Ec: +lives=for ever +value=a
      idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: lives=for ever→60s
      op:c: +2=2 =r 0:a
      tasks: a=dx|mail|i=E_vXnD05Dl1lhaIeEf9ewZcM_ww|k=60|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎{"i":"k"}⏎1→dx|mail|i=B8NCvm5WDn9DhC4uIbd05h2F8Ec|u=x8RtE1UiqNMTRfLaRAfDYUAIIuA|w=600000⏎{"i":"l"}⏎2"
    `)
    expect(await q.enqueue(aTask('c', { ...old, idempotencyKey: 'k' }))).toBe('=d 0:a')
    expect(await q.enqueue(aTask('d', { ...old, idempotencyKey: 'l' }))).toBe('=d 0:a')
    await q.expectSound()
  })

  test('leaves the id of a caller known, when it replaces a task that had one', async () => {
    await q.enqueue(aTask('mine', { unique: 'u', own: true }))
    expect(await q.enqueue(aTask('b', { ...old, payload: 2 }))).toBe('=r 0:mine')
    expect(await q.enqueue(aTask('mine', { unique: 'u', own: true }))).toBe('=c')
    await q.run('cancel', { ids: ['mine'] })
    expect(await q.enqueue(aTask('mine', { unique: 'u', own: true }))).toBe('=d')
    await q.expectSound()
  })

  test('too large is refused, and replaces nothing', async () => {
    await q.enqueue(aTask('a', old))
    const large = aTask('b', { ...old, payload: 'x'.repeat(300_000) })
    expect(await q.changes(() => q.enqueue(large))).toMatchInlineSnapshot(`
      "answer: "=x"
      op:c: +2=2 =x"
    `)
  })
})
