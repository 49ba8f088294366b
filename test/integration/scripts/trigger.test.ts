import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, T0, type TestQueue } from '../../helpers/engine.ts'
import { nudgesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  await q.run('schedule', { name: 's', was: '', rev: 'r.r', next: NEXT, carried: '', ahead: '' })
})

const NEXT = T0 + 60_000
const { envelope, contentHash } = aTask('any', { own: true })

const trigger = (overlap = 'allow', rev = 'r.r') =>
  q.run('trigger', { name: 's', rev, overlap, priority: 'd', type: 'mail', envelope })

test('a trigger gives a task at once, and leaves the slots as they are', async () => {
  expect(await q.changes(() => trigger())).toMatchInlineSnapshot(`
    "answer: "fired tT+0"
    audit: [schedule me 1 s] → [schedule me 1 s, trigger me 1 s]
    counters: +enqueued:mail=1 +type:mail=1 +types=1
    meta: +clock=T+0 +maxbytes=19
    op:c: +1=1 fired tT+0
    pending:default: [] → [s:tT+0]
    runs: s=r.r|||→r.r||tT+0|⏎t T+0 T+0
    series: +10s@T+0=1 0 0 0 +1s@T+0=1 0 0 0
    tasks: +s:tT+0=dx|mail|h=503220⏎⏎1
    wake: [] → [1]"
  `)
  expect(await q.claimIds()).toEqual([`s:t${T0}`])
  await q.expectSound()
})

test('two triggers of one millisecond are two runs', async () => {
  expect([await trigger(), await trigger()]).toEqual([`fired t${T0}`, `fired t${T0 + 1}`])
  await q.expectSound()
})

test('a trigger of a definition that is not in force changes nothing', async () => {
  expect(await q.changes(() => trigger('allow', 'r.q'))).toMatchInlineSnapshot(`
    "answer: "changed"
    meta: +clock=T+0
    op:c: +1=1 changed"
  `)
})

describe('while a run goes on', () => {
  beforeEach(async () => {
    await trigger()
    await q.claim()
    q.nowMs += 5
  })
  const end = () => q.complete({ nonce: '1-r', ids: [`s:t${T0}`], extras: `h=${contentHash}` })

  test('a trigger begins no other one with overlap `skip`', async () => {
    expect(await q.changes(() => trigger('skip'))).toMatchInlineSnapshot(`
      "answer: "running tT+0"
      op:c: +3=3 running tT+0"
    `)
    await end()
    expect(await trigger('skip')).toBe(`fired t${T0 + 5}`)
    await q.expectSound()
  })

  test('one trigger waits for it with overlap `queue`, and a scheduler is told', async () => {
    const told = await nudgesOf(q, async () => {
      expect(await q.changes(() => trigger('queue'))).toMatchInlineSnapshot(`
        "answer: "waits tT+5"
        audit: [schedule me 1 s, trigger me 1 s] → [schedule me 1 s, trigger me 1 s, trigger me 1 s]
        cursors: s=T+60000→T+5
        op:c: +3=3 waits tT+5
        runs: s=r.r||tT+0|⏎t T+0 T+0→r.r|tT+5|tT+0|⏎t T+0 T+0"
      `)
    })
    expect(told).toEqual([T0 + 5])
    expect(await trigger('queue')).toBe(`running t${T0}`)
    await end()
    expect(await trigger('queue')).toBe(`running t${T0}`)
    const run = `t${T0 + 5}`
    const slot = {
      name: 's',
      expected: T0 + 5,
      rev: 'r.r',
      run,
      next: NEXT,
      why: 'o',
      first: 0,
      passed: 0,
      overlap: 'queue',
    }
    expect(await q.run('fire', { ...slot, due: T0 + 5, priority: 'd', type: 'mail', envelope })).toBe('fired')
    expect((await q.state())['runs']).toEqual({ s: `r.r||${run}|\nt ${T0 + 5} ${T0 + 5}\nt ${T0} ${T0}` })
    expect((await q.state())['cursors']).toEqual({ s: NEXT })
    await q.expectSound()
  })
})
