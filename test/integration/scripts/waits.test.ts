import { beforeEach, expect, test } from 'vitest'
import { openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  await q.run('slo', { by: 'me', slo: '30000|0.99' })
})

const count = (total: number, late: number, waitMs = 30_000) => q.run('waits', { waitMs, total, late })

test('what began is added up by the minute, and kept for six hours', async () => {
  expect(await q.changes(() => count(10, 1))).toMatchInlineSnapshot(`
    "answer: "counted"
    meta: +clock=T+0
    op:c: +2=2 counted
    waits: +253=28333333|10|1"
  `)
  expect(await q.changes(() => count(5, 5))).toMatchInlineSnapshot(`
    "answer: "counted"
    op:c: +3=3 counted
    waits: 253=28333333|10|1→28333333|15|6"
  `)
  q.nowMs += 60_000
  expect(await q.changes(() => count(1, 0))).toMatchInlineSnapshot(`
    "answer: "counted"
    meta: clock=T+0→T+60000
    op:c: +4=4 counted
    waits: +254=28333334|1|0"
  `)
  expect(await q.raw.ttl(q.keys.waits)).toBeGreaterThan(21_000)
})

test('a minute six hours ago gives way to the one of now', async () => {
  await count(10, 1)
  q.nowMs += 6 * 3_600_000
  expect(await q.changes(() => count(2, 2))).toMatchInlineSnapshot(`
    "answer: "counted"
    meta: clock=T+0→T+21600000
    op:c: +3=3 counted
    waits: 253=28333333|10|1→28333693|2|2"
  `)
})

test('what was counted against another objective, or none, is left out', async () => {
  expect(await q.changes(() => count(1, 1, 10_000))).toMatchInlineSnapshot(`
    "answer: "stale"
    op:c: +2=2 stale"
  `)
  await q.run('slo', { by: 'me', slo: '' })
  expect(await count(1, 1)).toBe('stale')
  expect(await q.raw.exists(q.keys.waits)).toBe(0)
})
