import { beforeEach, describe, expect, test } from 'vitest'
import { openQueue, T0, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

describe('a schedule that goes to another queue', () => {
  beforeEach(async () => {
    await q.run('schedule', { name: 's', was: '', rev: 'r.r', next: T0, carried: '', ahead: '' })
    await q.raw.hset(q.keys.runs, 's', `r.r||5|\nf 5 6`)
  })

  test('stops, and tells where it was as often as it is asked', async () => {
    expect(await q.changes(() => q.run('leave', { name: 's' }))).toMatchInlineSnapshot(`
      "answer: "r.r||5|T+0\\nf 5 6"
      cursors: -s
      runs: s=r.r||5|⏎f 5 6→r.r||5|T+0⏎f 5 6"
    `)
    expect(await q.changes(() => q.run('leave', { name: 's' }))).toMatchInlineSnapshot(`"answer: "r.r||5|T+0\\nf 5 6""`)
  })

  test('tells of the slot that waits for the run before; a trigger waits on', async () => {
    await q.raw.hset(q.keys.runs, 's', `r.r|${T0 - 7}|5|`)
    expect(await q.run('leave', { name: 's' })).toBe(`r.r||5|${T0 - 7}`)
    await q.raw.zadd(q.keys.cursors, T0, 's')
    await q.raw.hset(q.keys.runs, 's', `r.r|t5|5|`)
    expect(await q.run('leave', { name: 's' })).toBe(`r.r|t5|5|${T0}`)
  })

  test('comes with its history', async () => {
    const other = await openQueue()
    const carried = String(await q.run('leave', { name: 's' }))
    const come = { name: 's', was: '', rev: 'r.r', next: T0, carried, ahead: '' }
    expect(await other.changes(() => other.run('schedule', come))).toMatchInlineSnapshot(`
      "answer: "set"
      audit: [] → [schedule me 1 s]
      cursors: +s=T+0
      runs: +s=r.r||5|⏎f 5 6"
    `)
  })

  test('is unknown where it never was', async () => {
    expect(await q.changes(() => q.run('leave', { name: 'x' }))).toBe('answer: ""')
  })
})
