import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const SLOT = 1_700_000_060_000
const NEXT = SLOT + 60_000

/** The slot a caller saw, and the one after it. */
function fire(expected: number | '', next: number | '', id = `s:${expected}`): Promise<unknown> {
  const { envelope } = aTask(id, { own: true })
  return q.run('fire', { name: 's', expected, next, priority: 'd', type: 'mail', id, envelope })
}

describe('a new schedule', () => {
  test('gets its cursor once', async () => {
    expect(await q.changes(() => fire('', SLOT))).toMatchInlineSnapshot(`
      "answer: "set"
      cursors: +s=T+60000
      meta: +clock=T+0"
    `)
    expect(await q.changes(() => fire('', SLOT + 1))).toBe('answer: "moved"')
  })

  test('is told to whoever sleeps until the next due time', async () => {
    expect(await nudgesOf(q, () => fire('', SLOT))).toEqual([SLOT])
  })
})

describe('a slot that is due', () => {
  beforeEach(async () => {
    await fire('', SLOT)
    q.nowMs = SLOT
  })

  test('gives one task and moves the cursor on', async () => {
    expect(await q.changes(() => fire(SLOT, NEXT))).toMatchInlineSnapshot(`
      "answer: "fired"
      counters: +enqueued:mail=1 +type:mail=1 +types=1
      cursors: s=T+60000→T+120000
      meta: clock=T+0→T+60000 +maxbytes=19
      pending:default: [] → [s:T+60000]
      series: +10s@T+60000=1 0 0 0 +1s@T+60000=1 0 0 0
      tasks: +s:T+60000=dx|mail|h=503220⏎⏎1
      wake: [] → [1]"
    `)
    await q.expectSound()
  })

  test('gives one task, however many try, and whatever comes after it in their eyes', async () => {
    const words = await Promise.all([NEXT, NEXT, NEXT + 1].map((next) => fire(SLOT, next)))
    expect(words).toEqual(['fired', 'moved', 'moved'])
    expect((await q.state())['pending:default']).toEqual([`s:${SLOT}`])
    await q.expectSound()
  })

  test('is not fired by who expects another', async () => {
    await q.run('promote')
    expect(await q.changes(() => fire(SLOT - 60_000, SLOT))).toBe('answer: "moved"')
    expect(await q.changes(() => fire(NEXT, NEXT + 60_000))).toBe('answer: "moved"')
  })

  test('ends the schedule when none comes after it', async () => {
    expect(await fire(SLOT, '')).toBe('fired')
    expect((await q.state())['cursors']).toBeUndefined()
    await q.expectSound()
  })

  test('wakes a worker, and notes an envelope that is the largest so far', async () => {
    await fire(SLOT, NEXT)
    const size = String(aTask('x', { own: true }).envelope.length)
    expect(await q.state()).toMatchObject({ wake: ['1'], meta: { maxbytes: size } })
    expect(await q.claimIds()).toEqual([`s:${SLOT}`])
    await q.enqueue(aTask('large', { payload: 'x'.repeat(500) }))
    const { meta } = await q.state()
    q.nowMs = NEXT
    await fire(NEXT, NEXT + 60_000)
    expect((await q.state())['meta']).toMatchObject({ maxbytes: (meta as Record<string, string>)['maxbytes'] })
  })

  test('gives no second task when its cursor was lost and set again', async () => {
    await fire(SLOT, NEXT)
    await q.raw.zadd(q.keys.cursors, SLOT, 's')
    expect(await q.changes(() => fire(SLOT, NEXT))).toMatchInlineSnapshot(`
      "answer: "moved"
      cursors: s=T+60000→T+120000"
    `)
    await q.claim()
    await q.complete({ nonce: '1-r', ids: [`s:${SLOT}`], extras: `h=${aTask('x', { own: true }).contentHash}` })
    await q.raw.zadd(q.keys.cursors, SLOT, 's')
    expect(await fire(SLOT, NEXT)).toBe('moved')
    expect(await q.state()).toMatchObject({ cursors: { s: NEXT } })
    await q.expectSound()
  })

  test('takes the entry of its id back that is still in line', async () => {
    const id = `s:${SLOT}`
    await q.enqueue(aTask(id))
    await q.run('cancel', { ids: [id] })
    expect(await fire(SLOT, NEXT)).toBe('fired')
    expect((await q.state())['pending:default']).toEqual([id])
    expect(await q.claimIds()).toEqual([id])
    await q.expectSound()
  })
})

test('a slot is never fired early', async () => {
  await fire('', SLOT)
  q.nowMs = SLOT - 1
  expect(await q.changes(() => fire(SLOT, NEXT))).toMatchInlineSnapshot(`
    "answer: "early"
    meta: clock=T+0→T+59999"
  `)
  q.nowMs = SLOT
  expect(await fire(SLOT, NEXT)).toBe('fired')
})

test('a schedule that has no cursor is not fired', async () => {
  q.nowMs = SLOT
  expect(await fire(SLOT, NEXT)).toBe('moved')
})
