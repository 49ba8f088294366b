import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('a purged task lies in the trash for a while, with all that was known of it', async () => {
  await q.kill(...tasksNamed('a', 'b'))
  q.nowMs += 5_000
  expect(await q.changes(() => q.run('purge', { ids: ['a'] }))).toMatchInlineSnapshot(`
    "answer: "=p"
    audit: [] → [purge me 1 op1]
    counters: +purged:mail=1
    dead: -a
    meta: clock=T+0→T+5000
    op:c: +4=4 =p
    trash: +a=T+905000
    trashed: +a=T+0|op1"
  `)
  await q.expectSound()
})

test('a task that is purged for good is gone at once', async () => {
  await q.kill(aTask('a', { own: true }), aTask('b'))
  expect(await q.changes(() => q.run('purge', { ids: ['a'], trashMs: 0 }))).toMatchInlineSnapshot(`
    "answer: "=p"
    attempts: -a
    audit: [] → [purge me 1 op1]
    counters: +purged:mail=1
    dead: -a
    failures: -a
    op:c: +4=4 =p
    tasks: -a"
  `)
  await q.expectSound()
})

test('what is not dead is left alone', async () => {
  await q.kill(...tasksNamed('dead'))
  await q.enqueue(...tasksNamed('pending', 'active'))
  await q.claim({ want: 1 })
  expect(await q.changes(() => q.run('purge', { ids: ['pending', 'active', 'nobody'] }))).toMatchInlineSnapshot(`
    "answer: "=n"
    op:c: +6=6 =n"
  `)
  expect(await q.run('purge', { ids: ['dead', 'dead'] })).toBe('pn')
  expect(await q.run('purge', { ids: ['dead'], trashMs: 0 })).toBe('=n')
  await q.expectSound()
})

test('what waits for a purged task learns when that cannot come back', async () => {
  await flow(q, [aTask('a'), child('b', [['a', 'wait']]), child('c', [['a', 'wait']])])
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'a', verdict: 'dead' })
  await q.run('purge', { ids: ['a'] })
  await forwardAll(q)
  expect(Object.keys((await q.state())['blocked'] as object)).toEqual(['b', 'c'])
  await q.run('undo', { ids: ['a'] })
  expect(await q.changes(() => q.run('purge', { ids: ['a'], trashMs: 0 }))).toMatchInlineSnapshot(`
    "answer: "=p"
    attempts: -a
    audit: [purge me 1 op1, undo me 1 op1] → [purge me 1 op1, undo me 1 op1, purge me 1 op1]
    counters: purged:mail=1→2
    dead: -a
    failures: -a
    meta: facts=1→2
    op:c: +6=6 =p
    outbox: +a=gone 0 2
    tasks: -a"
  `)
  await forwardAll(q)
  expect(Object.keys((await q.state())['dead'] as object)).toEqual(['b', 'c'])
  await q.expectSound()
})
