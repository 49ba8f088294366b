import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  await q.kill(...tasksNamed('a', 'b', 'c'))
  await q.run('operate', { action: 'begin' })
  await q.raw.del(q.keys.wake)
})

const FIRST = { by: 'me', operation: 'op1', kind: 'replay', expected: '9|', next: '5|x', scanned: 3, ids: ['a', 'b'] }
const step = (args: Record<string, string | number | string[]> = {}): Promise<unknown> =>
  q.run('step', { ...FIRST, trashMs: 900_000, ratePerSecond: 0, ...args })

test('replays its tasks and moves the cursor, together', async () => {
  expect(await q.changes(() => step())).toMatchInlineSnapshot(`
    "answer: ["running",0,2,0]
    counters: +replayed:mail=2
    dead: -a -b
    operations: op1:at=running|0|0|0|0|T+0|9|→running|3|2|0|0|T+0|5|x
    pending:default: [] → [b, a]
    wake: [] → [1]"
  `)
  await q.expectSound()
})

test('purges its tasks, to be taken back under the name of the operation', async () => {
  expect(await q.changes(() => step({ kind: 'purge' }))).toMatchInlineSnapshot(`
    "answer: ["running",0,2,0]
    counters: +purged:mail=2
    dead: -a -b
    operations: op1:at=running|0|0|0|0|T+0|9|→running|3|2|0|0|T+0|5|x
    trash: +a=T+900000 +b=T+900000
    trashed: +a=T+0|op1 +b=T+0|op1"
  `)
  await q.expectSound()
})

test('the last one ends the operation and says in the audit how many it were', async () => {
  await step()
  expect(await q.changes(() => step({ expected: '5|x', next: '', ids: ['c', 'gone'] }))).toMatchInlineSnapshot(`
    "answer: ["done",0,1,1]
    audit: [begin me 1 op1] → [begin me 1 op1, replay me 3 op1]
    counters: replayed:mail=2→3
    dead: -c
    meta: -operations
    operations: op1:at=running|3|2|0|0|T+0|5|x→done|6|3|1|0|T+0|
    pending:default: [b, a] → [c, b, a]"
  `)
  await q.expectSound()
})

test('whoever comes with a cursor that is no longer its own does nothing', async () => {
  await step()
  expect(await q.changes(() => step({ ids: ['c'] }))).toBe('answer: ["moved"]')
})

test('nothing is done while it is paused, or when it is over, or not known', async () => {
  await q.run('operate', { action: 'pause' })
  expect(await q.changes(() => step())).toBe('answer: ["paused"]')
  await q.run('operate', { action: 'cancel' })
  expect(await q.changes(() => step())).toBe('answer: ["cancelled"]')
  expect(await q.changes(() => step({ operation: 'nobody' }))).toBe('answer: ["unknown"]')
})

test('a rate is kept by the clock of Redis, counted from when the last step was due', async () => {
  expect(await step({ ratePerSecond: 4 })).toEqual(['running', 500, 2, 0])
  const next = { ratePerSecond: 4, expected: '5|x', next: '4|y', ids: ['c'] }
  q.nowMs += 499
  expect(await step(next)).toEqual(['early', 1])
  q.nowMs += 1
  expect(await step(next)).toEqual(['running', 250, 1, 0])
})

test('a task that is not dead, or gives way to another with its idempotency key, is skipped and counted', async () => {
  await q.kill(aTask('k1', { idempotencyKey: 'k' }))
  await q.enqueue(aTask('k2', { idempotencyKey: 'k' }))
  expect(await step({ ids: ['k1', 'k2', 'a'] })).toEqual(['running', 0, 1, 2])
  await q.expectSound()
})
