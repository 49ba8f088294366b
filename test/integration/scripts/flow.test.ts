import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

/** What the hash of a key holds, or the list. */
const stored = async (key: string): Promise<unknown> => (await q.state())[key]

describe('a task with parents', () => {
  test('is blocked, and its parents know of it', async () => {
    expect(await q.changes(() => flow(q, [aTask('a'), aTask('b'), child('c', ['a', 'b'])]))).toMatchInlineSnapshot(`
      "answer: "=e"
      blocked: +c=T+0
      children:a: [] → [q/c]
      children:b: [] → [q/c]
      counters: +enqueued:mail=3 +type:mail=1 +types=1
      dependants: +a=1 +b=1
      edges: +c=2 +c q/a=f0 +c q/b=f0
      meta: +clock=T+0 +maxbytes=9
      op:c: +1=1 =e
      parents: +c=now 0 q/a q/b
      pending:default: [] → [b, a]
      series: +10s@T+0=3 0 0 0 +1s@T+0=3 0 0 0
      tasks: +a=d|mail⏎⏎1 +b=d|mail⏎⏎1 +c=d|mail⏎⏎1
      wake: [] → [1]"
    `)
    expect(await q.claimIds()).toEqual(['a', 'b'])
    await q.expectSound()
  })

  test('keeps when it is to run, and the policy of each edge', async () => {
    await q.enqueue(...tasksNamed('a', 'b', 'c'))
    const parents = ['a', ['b', 'ignore'], ['c', 'wait']] as const
    expect(await flow(q, [child('d', parents, { when: 'in', timeMs: 5_000, priority: 'high' })])).toBe('=e')
    expect(await stored('edges')).toEqual({ d: '3', 'd q/a': 'f0', 'd q/b': 'i0', 'd q/c': 'w0' })
    expect(await stored('parents')).toEqual({ d: 'in 5000 q/a q/b q/c' })
    await q.expectSound()
  })

  test('is not held up by parents that have completed; their record is kept for it', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.complete({ nonce: '1-r', ids: ['a'], record: '{"t":"mail","s":"completed","r":{"s":"cancelled"}}' })
    expect(await q.changes(() => flow(q, [child('b', ['a'])]))).toMatchInlineSnapshot(`
      "answer: "=e"
      children:a: [] → [q/b]
      counters: enqueued:mail=1→2
      dependants: +a=1
      kept: +a={"t":"mail","s":"completed","r":{"s":"cancelled"}}
      op:c: +4=4 =e
      parents: +b=now 0 q/a
      pending:default: [] → [b]
      series: 10s@T+0=1 1 0 0→2 1 0 0 1s@T+0=1 1 0 0→2 1 0 0
      tasks: +b=d|mail⏎⏎1"
    `)
    expect(await flow(q, [child('c', ['a'], { when: 'in', timeMs: 10 })])).toBe('=e')
    expect(await q.claimIds()).toEqual(['b'])
    expect(await stored('scheduled')).toEqual({ dc: q.nowMs + 10 })
    q.nowMs += 70_000
    await q.run('sweep')
    expect(await flow(q, [child('d', ['a'])])).toBe('=e')
    await q.expectSound()
  })

  test('whose parent is dead fails with it at once, unless it may wait or does not mind', async () => {
    await q.kill(...tasksNamed('a'))
    const children = [child('fails', ['a']), child('waits', [['a', 'wait']]), child('runs', [['a', 'ignore']])]
    expect(await q.changes(() => flow(q, children))).toMatchInlineSnapshot(`
      "answer: "=e"
      blocked: +waits=T+0
      children:a: [] → [q/fails, q/runs, q/waits]
      counters: dead:mail=1→2 enqueued:mail=1→4
      dead: +fails=T+0
      dependants: +a=T+0
      edges: +fails=1 +fails q/a=fT+0 +waits=1 +waits q/a=wT+0
      failures: +fails=d|mail⏎{"f":"ec148b0ff2","n":0,"at":T+0,"r":"parent_failed","m":"its parent q/a did not complete"}
      groups: +ec148b0ff2=1|T+0|T+0|2833333|1,0,0,0,0,0 +ec148b0ff2:s=mail⏎{"f":"ec148b0ff2","n":0,"at":T+0,"r":"parent_failed","m":"its parent q/a did not complete"}
      meta: +facts=1
      op:c: +4=4 =e
      outbox: +fails=dead T+0 1
      parents: +fails=now 0 q/a +runs=now 0 q/a +waits=now 0 q/a
      pending:default: [] → [runs]
      series: 10s@T+0=1 0 1 1→4 0 1 2 1s@T+0=1 0 1 1→4 0 1 2
      tasks: +fails=d|mail⏎⏎1 +runs=d|mail⏎⏎1 +waits=d|mail⏎⏎1"
    `)
    await forwardAll(q)
    await q.expectSound()
  })

  test('whose parent was cancelled fails, also when it would have waited for a replay', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.run('cancel', { ids: ['a'] })
    await flow(q, [child('fails', ['a']), child('too', [['a', 'wait']]), child('runs', [['a', 'ignore']])])
    expect(Object.keys((await stored('dead')) as object)).toEqual(['fails', 'too'])
    expect(await q.claimIds()).toEqual(['runs'])
    await q.expectSound()
  })

  test('whose parent is in the trash fails as with a dead one', async () => {
    await q.kill(...tasksNamed('a'))
    await q.run('purge', { ids: ['a'] })
    await flow(q, [child('fails', ['a']), child('waits', [['a', 'wait']])])
    expect(Object.keys((await stored('dead')) as object)).toEqual(['fails'])
    expect(Object.keys((await stored('blocked')) as object)).toEqual(['waits'])
    await q.expectSound()
  })

  test('that dies at once takes its children along', async () => {
    await q.kill(...tasksNamed('a'))
    await flow(q, [child('b', ['a']), child('c', ['b']), child('d', ['c'])])
    await forwardAll(q)
    expect(Object.keys((await stored('dead')) as object)).toEqual(['a', 'b', 'c', 'd'])
    await q.expectSound()
  })

  test('takes an old entry of its id in line for its own', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    await q.run('cancel', { ids: ['a'] })
    await flow(q, [aTask('a')])
    expect(await stored('pending:default')).toEqual(['b', 'a'])
    await q.expectSound()
  })
})

describe('children of other queues, and parents that are yet to come', () => {
  test('are noted without a look', async () => {
    const coming = { queue: 'q', id: 'late', policy: 'fail', comes: true } as const
    const abroad = { queue: 'r', id: 'there', policy: 'wait', comes: true } as const
    const one = { task: { ...aTask('a'), edges: [coming, abroad] }, children: ['r/x', 'r/y'] }
    expect(await q.changes(() => flow(q, [one]))).toMatchInlineSnapshot(`
      "answer: "=e"
      blocked: +a=T+0
      children:a: [] → [r/x, r/y]
      children:late: [] → [q/a]
      counters: +enqueued:mail=1 +type:mail=1 +types=1
      dependants: +a=1 +late=1
      edges: +a=2 +a q/late=f0 +a r/there=w0
      meta: +clock=T+0 +maxbytes=9
      op:c: +1=1 =e
      parents: +a=now 0 q/late r/there
      series: +10s@T+0=1 0 0 0 +1s@T+0=1 0 0 0
      tasks: +a=d|mail⏎⏎1"
    `)
  })

  test('a parent in another queue that is there has to be asked', async () => {
    const abroad = { queue: 'r', id: 'there', policy: 'fail' } as const
    await flow(q, [{ ...aTask('a'), edges: [abroad] }])
    expect(await stored('outbox')).toEqual({ a: 'new 0 1' })
    expect(await stored('edges')).toEqual({ a: '1', 'a r/there': 'f0' })
    await q.expectSound()
  })

  test('a task that dies at once asks with the word of its death', async () => {
    await q.kill(...tasksNamed('a'))
    const edges = [
      { queue: 'r', id: 'there', policy: 'fail' } as const,
      { queue: 'q', id: 'a', policy: 'fail' } as const,
    ]
    await flow(q, [{ ...aTask('b'), edges }])
    expect(await stored('outbox')).toEqual({ b: `dead ${q.nowMs} 1` })
  })
})

describe('refused is', () => {
  test('a parent that nobody knows', async () => {
    expect(await q.changes(() => flow(q, [aTask('a'), child('b', ['nobody'])]))).toMatchInlineSnapshot(`
      "answer: "ru 1:q/nobody"
      meta: +clock=T+0
      op:c: +1=1 ru 1:q/nobody"
    `)
    expect(await flow(q, [aTask('a'), child('b', ['nobody'])], 0)).toBe('eu 1:q/nobody')
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test('a task that is too large', async () => {
    expect(await q.run('flow', { maxBytes: 8, queue: 'q', together: 1, items: [] })).toBe('=')
    const items = ['a', 'd', 'mail', 'now', 0, '', '', 'd|mail\n\n1', 0, 0]
    expect(await q.run('flow', { maxBytes: 8, queue: 'q', together: 1, items })).toBe('=x')
  })

  test('an id that is there, or was: a duplicate when it is the same task', async () => {
    const own = aTask('own', { own: true })
    await q.enqueue(aTask('a'), own)
    expect(await flow(q, [aTask('a'), aTask('a', { payload: 2 }), aTask('own', { own: true, resultTtlMs: 1 })])).toBe(
      'dcd',
    )
    await q.run('cancel', { ids: ['a', 'own'], resultTtlMs: 0 })
    expect(await flow(q, [own, aTask('own', { own: true, payload: 2 })], 0)).toBe('dc')
    expect(await flow(q, [aTask('twice'), aTask('twice')])).toBe('ed')
    await q.expectSound()
  })

  test('an id of which something is still being told', async () => {
    await q.enqueue(...tasksNamed('a'))
    await flow(q, [child('b', ['a'])])
    await q.run('cancel', { ids: ['b'] })
    expect(await flow(q, [child('b', ['a'])])).toBe('=c')
    await forwardAll(q)
    expect(await flow(q, [child('b', ['a'])])).toBe('=e')
    await q.expectSound()
  })

  test('what a limit of producers does not let in, and with it the others', async () => {
    await q.raw.hset(q.keys.limit_rules, 'q', 'e=1/1000/2')
    expect(await flow(q, [aTask('a'), aTask('b'), child('c', ['b'])])).toBe('rrl')
    expect(await flow(q, [aTask('a'), child('b', ['a'])])).toBe('=e')
    expect(await flow(q, [aTask('c')])).toBe('=l')
    q.nowMs += 1_000
    expect(await flow(q, [aTask('c')])).toBe('=e')
    await q.expectSound()
  })

  test('a key that is taken', async () => {
    const keyed = (id: string) => aTask(id, { idempotencyKey: 'k' })
    expect(await flow(q, [keyed('a'), keyed('b')])).toBe('ed 1:a')
    expect(await flow(q, [keyed('c')])).toBe('=d 0:a')
    await q.expectSound()
  })
})

test('a child may depend on a task of the same call that was there before', async () => {
  await q.enqueue(...tasksNamed('a'))
  expect(await flow(q, [aTask('a'), child('b', ['a'])])).toBe('de')
  expect(await q.claimIds()).toEqual(['a'])
  await q.expectSound()
})
