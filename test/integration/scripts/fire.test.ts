import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'
import { EXTRAS, MINUTE, NEXT, SLOT, firing } from '../../helpers/firing.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const { schedule, fire, history } = firing(() => q)

describe('a slot that is due', () => {
  beforeEach(async () => {
    await schedule(SLOT)
    q.nowMs = SLOT
  })

  test('gives one task and moves the cursor on', async () => {
    expect(await q.changes(() => fire(SLOT, NEXT))).toMatchInlineSnapshot(`
      "answer: "fired"
      counters: +enqueued:mail=1 +type:mail=1 +types=1
      cursors: s=T+60000→T+120000
      meta: +clock=T+60000 +maxbytes=19
      pending:default: [] → [s:T+60000]
      runs: s=r.r|||→r.r||T+60000|⏎f T+60000 T+60000
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
    expect(await q.changes(() => fire(SLOT - MINUTE, SLOT))).toBe('answer: "moved"')
    expect(await q.changes(() => fire(NEXT, NEXT + MINUTE))).toBe('answer: "moved"')
  })

  test('is not fired by who knows another definition', async () => {
    await q.run('promote')
    expect(await q.changes(() => fire(SLOT, NEXT, { rev: 'r.q' }))).toBe('answer: "changed"')
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
    await fire(NEXT, NEXT + MINUTE)
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
    await q.complete({ nonce: '1-r', ids: [`s:${SLOT}`], extras: EXTRAS })
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

  test('waits for its time, when that lies behind its slot', async () => {
    const due = SLOT + 5_000
    const told = await nudgesOf(q, async () => {
      expect(await q.changes(() => fire(SLOT, NEXT, { due, priority: 'h' }))).toMatchInlineSnapshot(`
        "answer: "fired"
        counters: +enqueued:mail=1 +type:mail=1 +types=1
        cursors: s=T+60000→T+120000
        meta: +clock=T+60000 +maxbytes=19
        runs: s=r.r|||→r.r||T+60000|⏎f T+60000 T+60000
        scheduled: +hs:T+60000=T+65000
        series: +10s@T+60000=1 0 0 0 +1s@T+60000=1 0 0 0
        tasks: +s:T+60000=dx|mail|h=503220⏎⏎1"
      `)
    })
    expect(told).toEqual([due])
    q.nowMs = due - 1
    expect(await q.claimIds()).toEqual([])
    q.nowMs = due
    await q.run('promote')
    expect(await q.claimIds()).toEqual([`s:${SLOT}`])
    await q.expectSound()
  })

  test('tells of the slots before it that were missed', async () => {
    const given = { run: String(SLOT), why: 'm', first: SLOT - 3 * MINUTE, passed: 3 }
    expect(await q.changes(() => fire(SLOT, NEXT, given))).toMatchInlineSnapshot(`
      "answer: "fired"
      counters: +enqueued:mail=1 +missed:mail=3 +type:mail=1 +types=1
      cursors: s=T+60000→T+120000
      meta: +clock=T+60000 +maxbytes=19
      pending:default: [] → [s:T+60000]
      runs: s=r.r|||→r.r||T+60000|⏎f T+60000 T+60000⏎m T-120000 T+60000 3
      series: +10s@T+60000=1 0 0 0 +1s@T+60000=1 0 0 0
      tasks: +s:T+60000=dx|mail|h=503220⏎⏎1
      wake: [] → [1]"
    `)
    await q.expectSound()
  })

  test('passes, with those before it, when none of them is to run', async () => {
    const given = { run: '', why: 'm', first: SLOT, passed: 2 }
    expect(await q.changes(() => fire(SLOT, NEXT, given))).toMatchInlineSnapshot(`
      "answer: "passed"
      counters: +missed:mail=2 +type:mail=1 +types=1
      cursors: s=T+60000→T+120000
      meta: +clock=T+60000
      runs: s=r.r|||→r.r|||⏎m T+60000 T+60000 2"
    `)
    q.nowMs = NEXT
    await fire(NEXT, NEXT + MINUTE, { run: '', first: NEXT, passed: 5 })
    expect(await history()).toBe(`r.r|||\nm ${SLOT} ${NEXT} 7`)
    await q.expectSound()
  })
})

test('twenty lines of history are kept', async () => {
  await schedule(SLOT)
  for (let slot = SLOT; slot < SLOT + 25 * MINUTE; slot += MINUTE) {
    q.nowMs = slot
    await fire(slot, slot + MINUTE)
  }
  const lines = (await history()).split('\n')
  expect(lines).toHaveLength(21)
  expect(lines[1]).toBe(`f ${SLOT + 24 * MINUTE} ${SLOT + 24 * MINUTE}`)
})

test('a slot is never fired early', async () => {
  await schedule(SLOT)
  q.nowMs = SLOT - 1
  expect(await q.changes(() => fire(SLOT, NEXT))).toMatchInlineSnapshot(`
    "answer: "early"
    meta: +clock=T+59999"
  `)
  q.nowMs = SLOT
  expect(await fire(SLOT, NEXT)).toBe('fired')
})

test('a schedule that has no cursor is not fired', async () => {
  q.nowMs = SLOT
  expect(await fire(SLOT, NEXT)).toBe('moved')
})

test('a history that somebody else wrote stops nothing', async () => {
  await q.raw.hset(q.keys.runs, 's', 'what\nis this')
  expect(await schedule(SLOT)).toBe('set')
  q.nowMs = SLOT
  expect(await fire(SLOT, NEXT)).toBe('fired')
  expect(await history()).toBe(`r.r||${SLOT}|\nf ${SLOT} ${SLOT}\nis this`)
})
