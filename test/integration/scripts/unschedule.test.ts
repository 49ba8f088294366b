import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, T0, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  const { envelope } = aTask('s:1')
  for (const name of ['s', 't'])
    await q.run('fire', { name, expected: '', next: T0, priority: 'd', type: 'mail', id: 's:1', envelope })
})

test('a schedule ends: its cursor goes, the tasks it made stay', async () => {
  const { envelope } = aTask('s:1')
  await q.run('fire', { name: 's', expected: T0, next: T0 + 1, priority: 'd', type: 'mail', id: 's:1', envelope })
  expect(await q.changes(() => q.run('unschedule', { name: 's' }))).toMatchInlineSnapshot(`
    "answer: "removed"
    audit: [] → [unschedule me 1 s]
    cursors: -s"
  `)
  await q.expectSound()
})

test('a schedule that is unknown, or was ended before, leaves no line in the audit', async () => {
  await q.run('unschedule', { name: 's' })
  expect(await q.changes(() => q.run('unschedule', { name: 's' }))).toBe('answer: "unknown"')
})
