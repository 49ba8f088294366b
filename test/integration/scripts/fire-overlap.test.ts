import { beforeEach, describe, expect, test } from 'vitest'
import { openQueue, type TestQueue } from '../../helpers/engine.ts'
import { EXTRAS, MINUTE, NEXT, SLOT, firing } from '../../helpers/firing.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const { schedule, fire, history } = firing(() => q)

describe('while the run before goes on', () => {
  beforeEach(async () => {
    await schedule(SLOT)
    q.nowMs = SLOT
    await fire(SLOT, NEXT)
    await q.claim()
    q.nowMs = NEXT
  })
  const end = () => q.complete({ nonce: '1-r', ids: [`s:${SLOT}`], extras: EXTRAS })

  test('a slot runs beside it where that is allowed', async () => {
    expect(await fire(NEXT, NEXT + MINUTE)).toBe('fired')
    await q.expectSound()
  })

  test('a slot passes with overlap `skip`, and those that pass in a row are one line', async () => {
    expect(await q.changes(() => fire(NEXT, NEXT + MINUTE, { overlap: 'skip' }))).toMatchInlineSnapshot(`
      "answer: "skipped"
      counters: +overlapped:mail=1
      cursors: s=T+120000→T+180000
      meta: clock=T+60000→T+120000
      runs: s=r.r||T+60000|⏎f T+60000 T+60000→r.r||T+60000|⏎o T+120000 T+120000 1⏎f T+60000 T+60000"
    `)
    q.nowMs = NEXT + MINUTE
    await fire(NEXT + MINUTE, NEXT + 2 * MINUTE, { overlap: 'skip' })
    expect(await history()).toBe(`r.r||${SLOT}|\no ${NEXT} ${NEXT + MINUTE} 2\nf ${SLOT} ${SLOT}`)
    await end()
    q.nowMs = NEXT + 2 * MINUTE
    expect(await fire(NEXT + 2 * MINUTE, NEXT + 3 * MINUTE, { overlap: 'skip' })).toBe('fired')
    await q.expectSound()
  })

  test('a slot waits with overlap `queue` until that one has ended, and tells then what passed meanwhile', async () => {
    const given = { overlap: 'queue', run: String(NEXT), first: NEXT - 1, passed: 1 } as const
    expect(await q.changes(() => fire(NEXT, NEXT + MINUTE, given))).toMatchInlineSnapshot(`
      "answer: "waits"
      counters: +missed:mail=1
      cursors: s=T+120000→T+121000
      meta: clock=T+60000→T+120000
      runs: s=r.r||T+60000|⏎f T+60000 T+60000→r.r|T+120000|T+60000|⏎m T+119999 T+120000 1⏎f T+60000 T+60000"
    `)
    const later = { ...given, why: 'o', first: NEXT + MINUTE, passed: 2 }
    q.nowMs += 1_000
    expect(await fire(NEXT + 1_000, NEXT + MINUTE, later)).toBe('waits')
    expect((await q.state())['cursors']).toEqual({ s: NEXT + 2_000 })
    const asked = { ...later, first: 0, passed: '?' } as const
    q.nowMs += 1_000
    expect(await fire(NEXT + 2_000, NEXT + MINUTE, asked)).toBe('waits')
    await end()
    q.nowMs = NEXT + 2 * MINUTE
    expect(await q.changes(() => fire(NEXT + 3_000, NEXT + 3 * MINUTE, asked))).toMatchInlineSnapshot(`
      "answer: "ready"
      meta: clock=T+122000→T+240000"
    `)
    expect(await fire(NEXT + 3_000, NEXT + 3 * MINUTE, later)).toBe('fired')
    expect(await history()).toBe(
      [
        `r.r||${NEXT}|`,
        `o ${NEXT + MINUTE} ${q.nowMs} 2`,
        `f ${NEXT} ${q.nowMs}`,
        `m ${NEXT - 1} ${NEXT} 1`,
        `f ${SLOT} ${SLOT}`,
      ].join('\n'),
    )
    await q.expectSound()
  })

  test.each(['dead', 'trash'])('a run in place %s has ended', async (place) => {
    await q.fail({ nonce: '1-r', id: `s:${SLOT}`, verdict: 'dead', extras: EXTRAS })
    if (place === 'trash') await q.run('purge', { ids: [`s:${SLOT}`] })
    expect(await fire(NEXT, NEXT + MINUTE, { overlap: 'skip' })).toBe('fired')
    await q.expectSound()
  })
})
