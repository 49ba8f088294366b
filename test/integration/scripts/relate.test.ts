import { beforeEach, expect, test } from 'vitest'
import { openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const relate = (...items: string[]) => q.send('relate', { items })

test('a parent hears of children in other queues, and says how it stands', async () => {
  await q.kill(...tasksNamed('dead'))
  await q.enqueue(...tasksNamed('done', 'gone', 'live'))
  await q.claim({ want: 1 })
  await q.complete({ nonce: '2-r', ids: ['done'], record: '{"t":"mail","s":"completed"}' })
  await q.run('cancel', { ids: ['gone'] })
  const items = ['live', 'done', 'gone', 'dead', 'nobody'].flatMap((id) => ['+', id, 'r/c'])
  expect(await q.changes(() => relate(...items))).toMatchInlineSnapshot(`
    "answer: ["live",0,"done",0,"gone",0,"dead",T+0,"unknown",0]
    children:dead: [] → [r/c]
    children:done: [] → [r/c]
    children:gone: [] → [r/c]
    children:live: [] → [r/c]
    dependants: +dead=T+0 +done=1 +gone=1 +live=1
    kept: +done={"t":"mail","s":"completed"} +gone={"t":"mail","s":"cancelled","f":T+0}"
  `)
  expect(await q.changes(() => relate(...items))).toContain('answer')
  await q.expectSound()
})

test('what is in the trash died when it died', async () => {
  await q.kill(...tasksNamed('a'))
  const died = q.nowMs
  q.nowMs += 5_000
  await q.run('purge', { ids: ['a'] })
  expect(await relate('+', 'a', 'r/c')).toEqual(['dead', died])
})

test('what is kept of a parent goes with its last child', async () => {
  await q.enqueue(...tasksNamed('a'))
  await relate('+', 'a', 'r/c', '+', 'a', 'r/d')
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'] })
  expect(await q.changes(() => relate('-', 'a', 'r/c'))).toMatchInlineSnapshot(`
    "answer: ["forgotten",0]
    children:a: [r/c, r/d] → [r/d]"
  `)
  expect(await q.changes(() => relate('-', 'a', 'r/d'))).toMatchInlineSnapshot(`
    "answer: ["forgotten",0]
    children:a: [r/d] → []
    dependants: -a
    kept: -a"
  `)
  expect(await q.changes(() => relate('-', 'a', 'r/d'))).toMatchInlineSnapshot(`"answer: ["forgotten",0]"`)
})
