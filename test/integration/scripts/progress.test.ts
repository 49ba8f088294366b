import { beforeEach, expect, test } from 'vitest'
import { run, script } from '../../../src/core/script.ts'
import { LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

const SCRIPT = script('progress', ['items'])

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
})

const note = (...items: string[]) => run(q.redis, SCRIPT, q.keys, { items })

test('progress stands behind the hold, the newest one only', async () => {
  expect(await q.changes(() => note('1-r', 'a', '0.5'))).toMatchInlineSnapshot(`
    "answer: "o"
    holders: a=1-r|1|d|T+60000→1-r|1|d|T+60000|0.5"
  `)
  expect(await q.changes(() => note('1-r', 'a', '0.75'))).toMatchInlineSnapshot(`
    "answer: "o"
    holders: a=1-r|1|d|T+60000|0.5→1-r|1|d|T+60000|0.75"
  `)
})

test('progress of a task that another holds, or nobody, is stale and changes nothing', async () => {
  expect(await q.changes(() => note('2-r', 'a', '1', '1-r', 'b', '1', '1-r', 'nobody', '1'))).toBe('answer: "sss"')
})

test('a task with progress is renewed, reaped and completed as any other', async () => {
  await note('1-r', 'a', '0.5')
  expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok'])
  expect(await q.inspector.task('a', 'q')).toMatchObject({
    state: 'active',
    attempt: 1,
    deadlineAtMs: q.nowMs + 60_000,
  })
  q.nowMs += LEASE_MS
  expect(await q.run('reap')).toEqual(['reaped', 'a', 'w'])
  await q.claim({ idle: 1, want: 1 })
  await note('2-r', 'a', '0.1')
  expect(await q.complete({ nonce: '2-r', ids: ['a'], hasRecord: true })).toBe('=o')
  await q.expectSound()
})
