import { beforeEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../../src/core/edit.ts'
import { aTask, extrasOf, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const replay = (...ids: string[]) => q.run('replay', { ids })

test('a dead task goes to the end of its line; what it failed for is kept, what is counted begins anew', async () => {
  await q.kill(aTask('a', { own: true, idempotencyKey: 'k', priority: 'high' }))
  await q.raw.hset(q.keys.attempts, 'a', '7,3,2,1,5,1700000000000')
  await q.raw.del(q.keys.wake)
  await q.enqueue(aTask('b', { priority: 'high' }))
  expect(await q.changes(() => replay('a'))).toMatchInlineSnapshot(`
    "answer: "=r"
    attempts: a=7,3,2,1,5,T+0→7,0,0,0,0,0
    audit: [] → [replay me 1 op1]
    counters: +replayed:mail=1
    dead: -a
    idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: +lives=for ever +value=a
    op:c: +5=5 =r
    pending:high: [b] → [a, b]
    tombs: -a"
  `)
  expect(await q.claimIds()).toEqual(['b', 'a'])
  await q.expectSound()
})

test('its attempts are counted on', async () => {
  await q.kill(...tasksNamed('a'))
  await replay('a')
  await q.claim()
  expect((await q.state())['holders']).toEqual({ a: `2-r|2|d|${q.nowMs + 60_000}` })
})

test('what is not dead is left alone', async () => {
  await q.kill(...tasksNamed('purged', 'dead'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('pending'))
  expect(await q.changes(() => replay('purged', 'pending', 'nobody'))).toMatchInlineSnapshot(`
    "answer: "=n"
    op:c: +6=6 =n"
  `)
  expect(await replay('dead', 'dead')).toBe('rn')
  await q.expectSound()
})

test('a task whose idempotency key was taken meanwhile stays dead, as a duplicate of its owner', async () => {
  await q.kill(aTask('a', { idempotencyKey: 'k' }), aTask('b'))
  await q.enqueue(aTask('c', { idempotencyKey: 'k' }))
  expect(await q.changes(() => replay('a', 'b'))).toMatchInlineSnapshot(`
    "answer: "dr 0:c"
    audit: [] → [replay me 1 op1]
    counters: +replayed:mail=1
    dead: -b
    op:c: +5=5 dr 0:c
    pending:default: [c] → [b, c]"
  `)
  await q.expectSound()
})

test('a key that was free is held again, for ever while the task lives', async () => {
  const task = aTask('a', { idempotencyKey: 'k' })
  await q.kill(task)
  await replay('a')
  expect(await q.enqueue(aTask('b', { idempotencyKey: 'k' }))).toBe('=d 0:a')
  await q.claim()
  await q.complete({ nonce: '2-r', ids: ['a'], extras: extrasOf(task.envelope), hasRecord: true })
  expect((await q.state())[`idem:${task.idempotencySha}`]).toEqual({ value: 'a', lives: '86400s' })
  await q.expectSound()
})

test('two dead tasks with one key: the first that is replayed wins', async () => {
  await q.kill(aTask('a', { idempotencyKey: 'k' }))
  await q.kill(aTask('b', { idempotencyKey: 'k' }))
  expect(await replay('b', 'a')).toBe('rd 1:b')
  await q.expectSound()
})

test('a task that was put aside as malformed can be replayed and dies no worse', async () => {
  await q.raw.rpush(q.keys.pending_low, 'foreign')
  await q.claim()
  expect(await replay('foreign')).toBe('=r')
  expect(await q.claimIds()).toEqual(['foreign'])
  await q.expectSound()
})

test('a task that died of a parent is blocked again, until that has been replayed and completes', async () => {
  await q.kill(...tasksNamed('a'))
  await flow(q, [child('b', ['a'])])
  await forwardAll(q)
  expect(await q.changes(() => replay('b'))).toMatchInlineSnapshot(`
    "answer: "=r"
    attempts: +b=0,0,0,0,0,0
    audit: [] → [replay me 1 op1]
    blocked: +b=T+0
    counters: +replayed:mail=1
    dead: -b
    groups: -ec148b0ff2 -ec148b0ff2:s
    op:c: +5=5 =r"
  `)
  await forwardAll(q)
  expect(await replay('a')).toBe('=r')
  expect(await q.claimIds()).toEqual(['a'])
  await q.complete({ nonce: '2-r', ids: ['a'], hasRecord: true })
  await forwardAll(q)
  expect(await q.claimIds()).toEqual(['b'])
  await q.expectSound()
})

test('a task whose parent is gone for good runs when it is replayed', async () => {
  await q.kill(...tasksNamed('a'))
  await flow(q, [child('b', ['a'])])
  await q.run('purge', { ids: ['a'], trashMs: 0 })
  await forwardAll(q)
  await replay('b')
  expect(await q.claimIds()).toEqual(['b'])
  await q.expectSound()
})

describe('with another payload', () => {
  const edit = (id: string, was: string, envelope: string) =>
    q.run('replay', { ids: [id], shown: digestOf(was), envelope })
  const EDITED = aTask('a', { payload: 'a longer one' }).envelope

  test('what was shown is replaced, and the audit tells that it was edited', async () => {
    const task = aTask('a')
    await q.kill(task)
    await q.raw.del(q.keys.wake)
    expect(await q.changes(() => edit('a', task.envelope, EDITED))).toMatchInlineSnapshot(`
      "answer: "=r"
      audit: [] → [edited me 1 a]
      counters: +replayed:mail=1
      dead: -a
      meta: maxbytes=9→22
      op:c: +4=4 =r
      pending:default: [] → [a]
      tasks: a=d|mail⏎⏎1→d|mail⏎⏎"a longer one"
      wake: [] → [1]"
    `)
    expect(await q.claimIds()).toEqual(['a'])
    await q.expectSound()
  })

  test('the same task edited by somebody else meanwhile is left as it is', async () => {
    await q.kill(aTask('a', { payload: 2 }))
    expect(await q.changes(() => edit('a', aTask('a').envelope, EDITED))).toMatchInlineSnapshot(`
      "answer: "=c"
      op:c: +4=4 =c"
    `)
    await q.expectSound()
  })

  test('a task that is no longer dead is left as it is', async () => {
    const task = aTask('a')
    await q.kill(task)
    await replay('a')
    expect(await q.changes(() => edit('a', task.envelope, EDITED))).toMatchInlineSnapshot(`
      "answer: "=n"
      op:c: +5=5 =n"
    `)
    expect(await edit('nobody', task.envelope, EDITED)).toBe('=n')
    await q.expectSound()
  })

  test('a task whose idempotency key was taken meanwhile keeps its payload', async () => {
    const task = aTask('a', { idempotencyKey: 'k' })
    await q.kill(task)
    await q.enqueue(aTask('c', { idempotencyKey: 'k' }))
    const edited = task.envelope.replace(/1$/, '2')
    expect(await q.changes(() => edit('a', task.envelope, edited))).toMatchInlineSnapshot(`
      "answer: "=d 0:c"
      op:c: +5=5 =d 0:c"
    `)
    await q.expectSound()
  })

  test('what its producer sends again is a duplicate, not a conflict', async () => {
    const task = aTask('a', { own: true })
    await q.kill(task)
    await edit('a', task.envelope, task.envelope.replace(/1$/, '2'))
    expect(await q.enqueue(task)).toBe('=d')
    expect(await q.enqueue(aTask('a', { own: true, payload: 3 }))).toBe('=c')
    await q.expectSound()
  })
})
