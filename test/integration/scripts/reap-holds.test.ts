import { beforeEach, describe, expect, test } from 'vitest'
import { LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

describe('a reaper that cannot tell a dead worker from a Redis that was away holds back', () => {
  beforeEach(async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.run('reap')
    await q.claim()
  })

  test('after a gap between its sweeps, so that live workers renew first', async () => {
    q.nowMs += LEASE_MS
    expect(await q.changes(() => q.run('reap'))).toMatchInlineSnapshot(`
      "answer: ["hold",T+41000]
      meta: clock=T+0→T+30000 hold=0→T+41000 swept=T+0→T+30000"
    `)
    q.nowMs += 10_999
    expect(await q.run('reap')).toEqual(['hold', q.nowMs + 1])
    q.nowMs += 1
    expect(await q.run('reap')).toEqual(['reaped', 'a', 'w'])
    await q.expectSound()
  })

  test('not after sweeps that were close enough', async () => {
    for (let i = 0; i < 2; i++) {
      q.nowMs += LEASE_MS / 2
      expect(await q.run('reap')).toEqual(i === 0 ? [] : ['reaped', 'a', 'w'])
    }
  })

  test('after a leap of the clock ahead', async () => {
    q.nowMs += 3_600_000
    expect(await q.run('reap')).toEqual(['hold', q.nowMs + 11_000])
    await q.run('renew', { nonces: ['1-r'] })
    q.nowMs += 11_000
    expect(await q.run('reap')).toEqual([])
  })

  test('after a step of the clock back, when leases too far ahead are clipped', async () => {
    q.nowMs -= 60_000
    expect(await q.changes(() => q.run('reap'))).toMatchInlineSnapshot(`
      "answer: ["hold",T-50000]
      leases: 1-r=T+30000→T-30000
      meta: clock=T+0→T-60000 hold=0→T-50000 swept=T+0→T-60000"
    `)
    q.nowMs += 10_000
    expect(await q.run('reap')).toEqual([])
    q.nowMs += 10_000
    await q.run('reap')
    q.nowMs += 10_000
    expect(await q.run('reap')).toEqual(['reaped', 'a', 'w'])
    await q.expectSound()
  })

  test('after a step of the clock back that another script met first', async () => {
    q.nowMs -= 60_000
    expect(await q.changes(() => q.run('promote'))).toMatchInlineSnapshot(`
      "answer: [0,T-60000,""]
      meta: clock=T+0→T-60000 +stepped=1"
    `)
    expect(await q.run('reap')).toEqual(['hold', q.nowMs + 10_000])
    expect(await q.state()).toMatchObject({ leases: { '1-r': q.nowMs + LEASE_MS } })
  })

  test('but not after a small step back, which counts as standing still', async () => {
    q.nowMs -= 2_000
    expect(await q.changes(() => q.run('reap'))).toBe('answer: []')
  })
})

test('after a step of the clock back every lease is clipped, 500 a sweep', async () => {
  const leases = Array.from({ length: 1_200 }, (_, i) => [q.nowMs + 9_000_000, `${i}-x`]).flat()
  await q.raw.hset(q.keys.meta, 'clock', q.nowMs + 9_000_000)
  await q.raw.zadd(q.keys.leases, ...leases)
  for (let i = 0; i < 3; i++) await q.run('reap')
  const scores = Object.values((await q.state())['leases']!).map(Number)
  expect(Math.max(...scores)).toBe(q.nowMs + LEASE_MS)
  expect(await q.state()).toMatchObject({ meta: { clock: String(q.nowMs) } })
})
