import { beforeEach, expect, test } from 'vitest'
import { openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const slo = (text: string) => q.run('slo', { by: 'me', slo: text })

test('an objective is set, changed and cleared, and each change has a line in the audit', async () => {
  expect(await q.changes(() => slo('30000|0.99'))).toMatchInlineSnapshot(`
    "answer: "set"
    audit: [] → [slo me 1 30000|0.99]
    meta: +slo=30000|0.99
    op:c: +1=1 set"
  `)
  expect(await q.changes(() => slo('30000|0.95'))).toMatchInlineSnapshot(`
    "answer: "set"
    audit: [slo me 1 30000|0.99] → [slo me 1 30000|0.99, slo me 1 30000|0.95]
    meta: slo=30000|0.99→30000|0.95
    op:c: +2=2 set"
  `)
  expect(await q.changes(() => slo(''))).toMatchInlineSnapshot(`
    "answer: "cleared"
    audit: [slo me 1 30000|0.99, slo me 1 30000|0.95] → [slo me 1 30000|0.99, slo me 1 30000|0.95, slo me 1 cleared]
    meta: -slo
    op:c: +3=3 cleared"
  `)
  await q.expectSound()
})

test('the same objective again changes nothing', async () => {
  await slo('30000|0.99')
  expect(await q.changes(() => slo('30000|0.99'))).toMatchInlineSnapshot(`
    "answer: "unchanged"
    op:c: +2=2 unchanged"
  `)
})

test('another wait forgets what was counted, another target does not', async () => {
  await slo('30000|0.99')
  await q.run('waits', { waitMs: 30_000, total: 5, late: 1 })
  await slo('30000|0.9')
  expect(await q.raw.exists(q.keys.waits)).toBe(1)
  await slo('10000|0.9')
  expect(await q.raw.exists(q.keys.waits)).toBe(0)
})
