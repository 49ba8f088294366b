import { beforeEach, expect, test } from 'vitest'
import { openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const operate = (action: string, args: Record<string, string> = {}): Promise<unknown> =>
  q.run('operate', { action, ...args })

test('an operation begins with what it is to do, its place, and a line in the audit', async () => {
  expect(await q.changes(() => operate('begin', { record: '{"kind":"replay"}' }))).toMatchInlineSnapshot(`
    "answer: "running"
    audit: [] → [begin me 1 op1]
    meta: +clock=T+0 +operations=1
    op:c: +1=1 running
    operations: +op1={"kind":"replay"} +op1:at=running|0|0|0|0|T+0|9|"
  `)
})

test('one that is there already is left as it is', async () => {
  await operate('begin')
  expect(await q.changes(() => operate('begin', { cursor: '1|' }))).toMatchInlineSnapshot(`
    "answer: "exists"
    op:c: +2=2 exists"
  `)
})

test('one is paused, resumed and cancelled', async () => {
  await operate('begin')
  expect(await q.changes(() => operate('pause'))).toMatchInlineSnapshot(`
    "answer: "paused"
    audit: [begin me 1 op1] → [begin me 1 op1, pause me 0 op1]
    meta: -operations
    op:c: +2=2 paused
    operations: op1:at=running|0|0|0|0|T+0|9|→paused|0|0|0|0|T+0|9|"
  `)
  q.nowMs += 5
  expect(await q.changes(() => operate('resume'))).toMatchInlineSnapshot(`
    "answer: "running"
    audit: [begin me 1 op1, pause me 0 op1] → [begin me 1 op1, pause me 0 op1, resume me 0 op1]
    meta: +operations=1
    op:c: +3=3 running
    operations: op1:at=paused|0|0|0|0|T+0|9|→running|0|0|0|0|T+5|9|"
  `)
  expect(await q.changes(() => operate('cancel'))).toMatchInlineSnapshot(`
    "answer: "cancelled"
    audit: [begin me 1 op1, pause me 0 op1, resume me 0 op1] → [begin me 1 op1, pause me 0 op1, resume me 0 op1, cancel me 0 op1]
    meta: -operations
    op:c: +4=4 cancelled
    operations: op1:at=running|0|0|0|0|T+5|9|→cancelled|0|0|0|0|T+5|9|"
  `)
})

test('what does not fit its state changes nothing', async () => {
  await operate('begin')
  expect(await q.changes(() => operate('resume'))).toMatchInlineSnapshot(`
    "answer: "running"
    op:c: +2=2 running"
  `)
  await operate('cancel')
  for (const action of ['pause', 'resume', 'cancel']) expect(await operate(action)).toBe('cancelled')
  expect(await operate('pause', { operation: 'nobody' })).toBe('unknown')
})

test('the longest untouched of a hundred that are over makes room; one that runs or is paused never does', async () => {
  for (let i = 0; i < 100; i++) {
    q.nowMs += 1
    await operate('begin', { operation: `op${i}` })
    if (i === 0) await operate('pause', { operation: 'op0' })
    else if (i > 1) await operate('cancel', { operation: `op${i}` })
  }
  await operate('begin', { operation: 'new' })
  const kept = Object.keys((await q.state())['operations']!).filter((field) => !field.endsWith(':at'))
  expect(kept).toHaveLength(100)
  expect(kept).toEqual(expect.arrayContaining(['op0', 'op1', 'op3', 'new']))
  expect(kept).not.toContain('op2')
})
