import { beforeEach, describe, expect, test } from 'vitest'
import { repairQueue } from '../../../src/core/repair.ts'
import { aTask, LEASE_MS, tasksNamed } from '../../helpers/engine.ts'
import { grant, note, place, repairBench, type RepairBench } from '../../helpers/repairs.ts'

let q: RepairBench['q']
let repair: RepairBench['repair']
let mend: RepairBench['mend']
beforeEach(async () => {
  ;({ q, repair, mend } = await repairBench())
})

/** What stands in the queue, whatever is said to be wrong with it. */
const EVERYTHING = [
  ...['dead', 'purged', 'a', 'b', 'c', 'pending', 'cancelled', 'scheduled', 'high', 'nobody'].map((id) => place(id)),
  grant('1-r', 'dead'),
  grant('2-r', 'a', 'b', 'c'),
  grant('2-r'),
  grant('9-x', 'a', 'pending'),
  ...['dead', 'purged', 'a', 'c', 'pending', 'cancelled', 'scheduled', 'nobody'].map(note),
]

test('a sound queue stays exactly as it is, whatever the look said', async () => {
  expect(await mend(...EVERYTHING)).toBe('answer: []')
  await q.expectSound()
})

describe('a task in no place', () => {
  test('goes to the end of the line of its own priority, and an idle worker is woken', async () => {
    await q.enqueue(aTask('behind', { priority: 'high' }))
    await q.raw.del(q.keys.wake)
    await q.raw.lrem(q.keys.pending_high, 1, 'high')
    expect(await mend(place('high'))).toMatchInlineSnapshot(`
      "answer: ["lined","high"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 lined 1]
      counters: +repaired:lined=1
      pending:high: [behind] → [high, behind]
      wake: [] → [1]"
    `)
    await q.expectSound()
  })

  test('goes into line once, however often it is told', async () => {
    await q.raw.zrem(q.keys.scheduled, 'dscheduled')
    expect(await repair(place('scheduled'), place('scheduled'))).toEqual(['lined', 'scheduled'])
    expect(await repair(place('scheduled'))).toEqual([])
    await q.expectSound()
  })

  test('takes its old entry back when one is still in line', async () => {
    await q.raw.hset(q.keys.ghosts, 'pending', 1)
    expect(await mend(place('pending', 1))).toMatchInlineSnapshot(`
      "answer: ["lined","pending"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 lined 1]
      counters: +repaired:lined=1
      ghosts: -pending
      wake: [] → [1]"
    `)
    await q.expectSound()
  })

  test('that was held by nobody a worker could be goes back into line', async () => {
    await q.raw.hset(q.keys.holders, 'a', 'broken')
    expect(await mend(place('a'), grant('2-r', 'b', 'c'))).toMatchInlineSnapshot(`
      "answer: ["hold","a","lined","a","grant","2-r"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 3 lined 1, hold 1, grant 1]
      counters: +repaired:grant=1 +repaired:hold=1 +repaired:lined=1
      grants: 2-r:left=3→2
      holders: -a
      pending:default: [cancelled, pending] → [a, cancelled, pending]
      wake: [] → [1]"
    `)
    await q.expectSound()
  })
})

describe('a task in several places', () => {
  test('twice in its line keeps the entry that is next', async () => {
    await q.raw.lpush(q.keys.pending_default, 'pending', 'other')
    await q.raw.lpush(q.keys.pending_default, 'pending')
    await q.raw.hset(q.keys.tasks, 'other', 'd|mail\n\n1')
    expect(await mend(place('pending', 3))).toMatchInlineSnapshot(`
      "answer: ["surplus","pending"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 surplus 1]
      counters: +repaired:surplus=1
      pending:default: [pending, other, pending, cancelled, pending] → [other, cancelled, pending]"
    `)
    expect(await q.raw.lrange(q.keys.pending_default, 0, -1)).toEqual(['other', 'cancelled', 'pending'])
  })

  test('in two lines keeps that of its own priority', async () => {
    await q.raw.rpush(q.keys.pending_low, 'high')
    await q.raw.rpush(q.keys.pending_default, 'high')
    expect(await repair(place('high', 3))).toEqual(['surplus', 'high'])
    expect(await q.raw.lrange(q.keys.pending_high, 0, -1)).toEqual(['high'])
    await q.expectSound()
  })

  test('held and in line stays with its holder', async () => {
    await q.raw.rpush(q.keys.pending_low, 'a')
    expect(await mend(place('a', 1))).toMatchInlineSnapshot(`
      "answer: ["surplus","a"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 surplus 1]
      counters: +repaired:surplus=1
      pending:low: [a] → []"
    `)
    await q.expectSound()
  })

  test('an entry that is a ghost stays for claim to drop', async () => {
    await q.enqueue(aTask('cancelled', { when: 'in', timeMs: 10 }))
    expect(await mend(place('cancelled', 1))).toBe('answer: []')
    await q.raw.rpush(q.keys.pending_low, 'cancelled')
    expect(await repair(place('cancelled', 2))).toEqual(['surplus', 'cancelled'])
    expect((await q.state())['ghosts']).toEqual({ cancelled: '1' })
    await q.expectSound()
  })

  test('dead and in line stays dead', async () => {
    await q.raw.rpush(q.keys.pending_default, 'dead')
    expect(await repair(place('dead', 1))).toEqual(['surplus', 'dead'])
    await q.expectSound()
  })

  test('in the trash and dead again is dead, and counted as restored', async () => {
    await q.raw.zadd(q.keys.dead, 1, 'purged')
    expect(await mend(place('purged'))).toMatchInlineSnapshot(`
      "answer: ["surplus","purged"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 surplus 1]
      counters: +repaired:surplus=1 +restored:mail=1
      trash: -purged
      trashed: -purged"
    `)
    await q.expectSound()
  })

  test('held, dead, scheduled twice and in line stays with its holder', async () => {
    await q.raw.zadd(q.keys.dead, 1, 'a')
    await q.raw.zadd(q.keys.scheduled, 1, 'da', 2, 'ha')
    await q.raw.lpush(q.keys.pending_default, 'a')
    expect(await repair(place('a', 1))).toEqual(['surplus', 'a'])
    await q.expectSound()
  })

  test('scheduled in two priorities keeps its own', async () => {
    await q.raw.zadd(q.keys.scheduled, 1, 'hscheduled', 1, 'lscheduled')
    expect(await mend(place('scheduled'))).toMatchInlineSnapshot(`
      "answer: ["surplus","scheduled"]
      audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 surplus 1]
      counters: +repaired:surplus=1
      scheduled: -hscheduled -lscheduled"
    `)
    await q.expectSound()
  })
})

test('a ghost without an entry is removed, one with an entry is not', async () => {
  await q.raw.hset(q.keys.ghosts, 'x', 1)
  expect(await mend(place('x'), place('cancelled', 1))).toMatchInlineSnapshot(`
    "answer: ["ghost","x"]
    audit: [purge me 1 op1, cancel me 2 c] → [purge me 1 op1, cancel me 2 c, repair me 1 ghost 1]
    counters: +repaired:ghost=1
    ghosts: -x"
  `)
  await q.expectSound()
})

test('an entry without a task is left to claim, which puts it aside', async () => {
  await q.raw.rpush(q.keys.pending_default, 'x', 'x')
  expect(await mend(place('x', 2))).toBe('answer: []')
})

describe('a finding that is outdated changes nothing:', () => {
  test('the task was claimed, or done, after the look', async () => {
    await q.claim({ want: 10 })
    expect(await mend(place('pending'), place('high'), grant('3-r'))).toBe('answer: []')
    await q.complete({ nonce: '3-r', ids: ['pending', 'high'] })
    expect(await mend(place('pending'), place('high', 1), grant('3-r', 'pending', 'high'))).toBe('answer: []')
    await q.expectSound()
  })

  test('the lost entry was mended by another', async () => {
    await q.raw.lrem(q.keys.pending_high, 1, 'high')
    await repair(place('high'))
    await q.claim({ want: 10 })
    expect(await mend(place('high'))).toBe('answer: []')
    await q.expectSound()
  })
})

test('a pass over a queue that was damaged in every way leaves books that balance', async () => {
  await q.enqueue(...tasksNamed('e', 'f', 'g'))
  await q.raw.del(q.keys.leases)
  await q.raw.hdel(q.keys.grants, '2-r')
  await q.raw.lrem(q.keys.pending_default, 1, 'e')
  await q.raw.lpush(q.keys.pending_low, 'f', 'f', 'a')
  await q.raw.zrem(q.keys.dead, 'dead')
  await q.raw.hset(q.keys.ghosts, 'x', 1)
  await q.raw.hset(q.keys.attempts, 'x', '1')
  await q.raw.hset(q.keys.holders, 'g', 'broken')
  const { redis, namespace } = q
  const context = { redis, namespace, broker: q.broker(), by: 'me', leaseMs: LEASE_MS }
  const repaired = await repairQueue(context, q.name)
  expect(repaired.map(({ what, id }) => `${what} ${id}`).toSorted()).toMatchInlineSnapshot(`
    [
      "ghost x",
      "grant 2-r",
      "hold g",
      "lined dead",
      "lined e",
      "note x",
      "surplus a",
      "surplus f",
    ]
  `)
  await q.expectSound()
  expect(await repairQueue(context, q.name)).toEqual([])
})
