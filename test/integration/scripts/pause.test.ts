import { beforeEach, expect, test } from 'vitest'
import { openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('a pause notes who paused when; what runs goes on, what waits stays', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  expect(await q.changes(() => q.run('pause'))).toMatchInlineSnapshot(`
    "answer: "paused"
    audit: [] → [pause me 1 ]
    meta: +paused=me|T+0
    op:c: +3=3 paused"
  `)
  expect(await q.claim()).toEqual(['paused'])
  expect(await q.complete({ nonce: '1-r', ids: ['a'] })).toBe('=o')
  await q.expectSound()
})

test('to pause what is paused changes nothing, not even who did it', async () => {
  await q.run('pause')
  q.nowMs += 1_000
  expect(await q.changes(() => q.run('pause', { by: 'another' }))).toMatchInlineSnapshot(`
    "answer: "unchanged"
    op:c: +2=2 unchanged"
  `)
})

test('to resume wakes a worker', async () => {
  await q.run('pause')
  expect(await q.changes(() => q.run('pause', { paused: 0 }))).toMatchInlineSnapshot(`
    "answer: "resumed"
    audit: [pause me 1 ] → [pause me 1 , resume me 1 ]
    meta: -paused
    op:c: +2=2 resumed
    wake: [] → [1]"
  `)
  expect(await q.changes(() => q.run('pause', { paused: 0 }))).toMatchInlineSnapshot(`
    "answer: "unchanged"
    op:c: +3=3 unchanged"
  `)
})
