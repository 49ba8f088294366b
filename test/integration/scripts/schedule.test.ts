import { beforeEach, describe, expect, test } from 'vitest'
import { openQueue, T0, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const set = (was: string, rev: string, next: number | 'keep' | '', carried = '', ahead: number | '' = '') =>
  q.run('schedule', { name: 's', was, rev, next, carried, ahead })

describe('a definition', () => {
  test('comes into force once, with its next slot', async () => {
    expect(await q.changes(() => set('', 'r.r', T0))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [] → [schedule me 1 s]
      cursors: +s=T+0
      runs: +s=r.r|||"
    `)
    expect(await q.changes(() => set('', 'r.r', T0 + 1))).toBe('answer: "moved"')
    expect(await q.changes(() => set('r.r', 'r.r', T0 + 1))).toBe('answer: "moved"')
  })

  test('tells its slot to whoever sleeps until the next due time', async () => {
    expect(await nudgesOf(q, () => set('', 'r.r', T0))).toEqual([T0])
  })

  test('replaces the one that its writer saw, and keeps the slot or sets another one', async () => {
    await set('', 'r.r', T0)
    expect(await q.changes(() => set('r.r', 'r.q', 'keep'))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [schedule me 1 s] → [schedule me 1 s, schedule me 1 s]
      runs: s=r.r|||→r.q|||"
    `)
    expect(await q.changes(() => set('r.r', 'x.x', T0 + 5))).toBe('answer: "moved"')
    expect(await q.changes(() => set('r.q', 'x.x', T0 + 5))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [schedule me 1 s, schedule me 1 s] → [schedule me 1 s, schedule me 1 s, schedule me 1 s]
      cursors: s=T+0→T+5
      runs: s=r.q|||→x.x|||"
    `)
  })

  test('without a next slot stops the schedule; its history stays', async () => {
    await set('', 'r.r', T0)
    expect(await q.changes(() => set('r.r', 'x.r', ''))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [schedule me 1 s] → [schedule me 1 s, schedule me 1 s]
      cursors: -s
      runs: s=r.r|||→x.r|||"
    `)
  })

  test('gives a cursor back that was lost', async () => {
    await set('', 'r.r', T0)
    await q.raw.del(q.keys.cursors)
    expect(await q.changes(() => set('r.r', 'r.r', T0 + 5))).toMatchInlineSnapshot(`
      "answer: "set"
      cursors: +s=T+5"
    `)
  })

  test('gives a cursor that lies too late its slot, unless that went on', async () => {
    await set('', 'r.r', T0 + 50)
    expect(await q.changes(() => set('r.r', 'r.r', T0, '', T0 + 49))).toBe('answer: "moved"')
    expect(await q.changes(() => set('r.r', 'r.r', T0, '', T0 + 50))).toMatchInlineSnapshot(`
      "answer: "set"
      cursors: s=T+50→T+0"
    `)
  })

  test('keeps the place that it comes with, and a trigger that waits there', async () => {
    expect(await q.changes(() => set('', 'r.r', 'keep', `r.r|t7|5|${T0}\nf 5 6`))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [] → [schedule me 1 s]
      cursors: +s=T+0
      runs: +s=r.r|t7|5|⏎f 5 6"
    `)
  })

  test('lets a run that waits go on waiting only where the slots stay', async () => {
    await set('', 'r.r', T0)
    const waiting = `r.r|${T0}|${T0 - 5}|`
    await q.raw.hset(q.keys.runs, 's', waiting)
    await set('r.r', 'r.q', 'keep')
    expect((await q.state())['runs']).toEqual({ s: `r.q|${T0}|${T0 - 5}|` })
    await set('r.q', 'x.q', T0 + 5)
    expect((await q.state())['runs']).toEqual({ s: `x.q||${T0 - 5}|` })
  })
})
