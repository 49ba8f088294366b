import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, T0, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  for (const name of ['s', 't'])
    await q.run('schedule', { name, was: '', rev: 'r.r', next: T0, carried: '', ahead: '' })
})

test('a schedule ends: its cursor and its history go, the tasks it made stay', async () => {
  const { envelope } = aTask('any', { own: true })
  const slot = { name: 's', expected: T0, rev: 'r.r', run: T0, next: T0 + 1, why: 'm', first: 0, passed: 0 }
  await q.run('fire', { ...slot, overlap: 'allow', due: T0, priority: 'd', type: 'mail', envelope })
  expect(await q.changes(() => q.run('unschedule', { name: 's' }))).toMatchInlineSnapshot(`
    "answer: "removed"
    audit: [schedule me 1 s, schedule me 1 t] → [schedule me 1 s, schedule me 1 t, unschedule me 1 s]
    cursors: -s
    runs: -s"
  `)
  await q.expectSound()
})

test('a schedule without a cursor leaves its history behind no longer', async () => {
  await q.run('schedule', { name: 's', was: 'r.r', rev: 'q.r', next: '', carried: '', ahead: '' })
  expect(await q.changes(() => q.run('unschedule', { name: 's' }))).toMatchInlineSnapshot(`
    "answer: "removed"
    audit: [schedule me 1 s, schedule me 1 t, schedule me 1 s] → [schedule me 1 s, schedule me 1 t, schedule me 1 s, unschedule me 1 s]
    runs: -s"
  `)
})

test('a schedule that is unknown, or was ended before, leaves no line in the audit', async () => {
  await q.run('unschedule', { name: 's' })
  expect(await q.changes(() => q.run('unschedule', { name: 's' }))).toBe('answer: "unknown"')
})
