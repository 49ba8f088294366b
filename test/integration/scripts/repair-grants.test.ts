import { beforeEach, describe, expect, test } from 'vitest'
import { LEASE_MS } from '../../helpers/engine.ts'
import { grant, note, repairBench, type RepairBench } from '../../helpers/repairs.ts'

let q: RepairBench['q']
let repair: RepairBench['repair']
let mend: RepairBench['mend']
beforeEach(async () => {
  ;({ q, repair, mend } = await repairBench())
})

describe('a grant', () => {
  test('that was lost is made anew over what is held, with the time of one lease', async () => {
    await q.raw.hdel(q.keys.grants, '2-r', '2-r:left')
    await q.raw.zrem(q.keys.leases, '2-r')
    q.nowMs += 50
    expect(await mend(grant('2-r', 'a', 'b', 'c', 'pending', 'a'))).toMatchInlineSnapshot(`
      "answer: ["grant","2-r"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 grant 1]
      counters: +repaired:grant=1
      grants: +2-r=unknown|T+50|30000|0|a b c +2-r:left=3
      leases: +2-r=T+30050"
    `)
    await q.expectSound()
    expect(await q.complete({ nonce: '2-r', ids: ['a'] })).toBe('=o')
    await q.expectSound()
  })

  test('that lost its lease gets one, which a live holder may renew', async () => {
    await q.raw.del(q.keys.leases)
    expect(await mend(grant('2-r', 'a', 'b', 'c'))).toMatchInlineSnapshot(`
      "answer: ["grant","2-r"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 grant 1]
      counters: +repaired:grant=1
      leases: +2-r=T+30000"
    `)
    q.nowMs += 10
    expect(await q.run('renew', { nonces: ['2-r'] })).toEqual(['ok c:c'])
    await q.expectSound()
  })

  test('whose holder is dead is taken back by the reaper', async () => {
    await q.raw.del(q.keys.leases, q.keys.grants)
    await repair(grant('2-r', 'a', 'b', 'c'))
    q.nowMs += LEASE_MS
    expect(await q.run('reap')).toEqual([
      'cancelled',
      'c',
      'unknown',
      'reaped',
      'b',
      'unknown',
      'reaped',
      'a',
      'unknown',
    ])
    await q.expectSound()
  })

  test('with a wrong count gets the true one, and keeps its lease and its worker', async () => {
    await q.raw.hset(q.keys.grants, '2-r:left', 7)
    expect(await mend(grant('2-r'))).toMatchInlineSnapshot(`
      "answer: ["grant","2-r"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 grant 1]
      counters: +repaired:grant=1
      grants: 2-r:left=7→3"
    `)
    await q.expectSound()
  })

  test('that names a task no longer than it is held is not made anew', async () => {
    await q.complete({ nonce: '2-r', ids: ['b'] })
    expect(await mend(grant('2-r', 'a', 'b', 'c'))).toBe('answer: []')
    await q.expectSound()
  })

  test('that does not name what it holds is written anew', async () => {
    await q.raw.hset(q.keys.grants, '2-r', 'w|1|2|0|a')
    expect(await repair(grant('2-r', 'a', 'b', 'c'))).toEqual(['grant', '2-r'])
    expect((await q.state())['grants']).toMatchObject({ '2-r': `unknown|${q.nowMs}|${LEASE_MS}|0|a b c` })
    await q.expectSound()
  })

  test('that holds nothing is removed with its lease', async () => {
    await q.raw.hset(q.keys.grants, 'x', 'w|1|2|0|a', 'x:left', 3, 'y:left', 1)
    await q.raw.zadd(q.keys.leases, 1, 'x', 1, 'z')
    expect(await mend(grant('x', 'a'), grant('y'), grant('z'))).toMatchInlineSnapshot(`
      "answer: ["grant","x","grant","y","grant","z"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 3 grant 3]
      counters: +repaired:grant=3
      grants: -x -x:left -y:left
      leases: -x -z"
    `)
    await q.expectSound()
  })
})

describe('what is kept of an id', () => {
  test('that is gone is forgotten', async () => {
    await q.raw.hset(q.keys.attempts, 'x', '1,0,0,0,0,0')
    await q.raw.hset(q.keys.failures, 'x', 'd|mail')
    await q.raw.hset(q.keys.cancels, 'x', 1)
    await q.raw.hset(q.keys.reaped, 'x', '9-x')
    expect(await mend(note('x'))).toMatchInlineSnapshot(`
      "answer: ["note","x"]
      attempts: -x
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 note 1]
      cancels: -x
      counters: +repaired:note=1
      failures: -x
      reaped: -x"
    `)
    await q.expectSound()
  })

  test('whose run is over: a wish to cancel it, and a nonce it was taken from', async () => {
    await q.raw.hset(q.keys.cancels, 'pending', 1)
    for (const id of ['a', 'dead', 'purged', 'scheduled']) await q.raw.hset(q.keys.reaped, id, '9-x')
    const notes = ['pending', 'a', 'dead', 'purged', 'scheduled']
    expect(await repair(...notes.map(note))).toEqual(notes.flatMap((id) => ['note', id]))
    await q.expectSound()
  })

  test('that went back into line stays: its former holder may still end it', async () => {
    q.nowMs += LEASE_MS
    await q.run('reap')
    expect(await mend(note('a'), note('b'))).toBe('answer: []')
    expect(await q.complete({ nonce: '2-r', ids: ['a'], hasRecord: true })).toBe('=l')
    await q.expectSound()
  })
})
