import { beforeEach, describe, expect, test } from 'vitest'
import { place, repairBench, type RepairBench } from '../../helpers/repairs.ts'

let q: RepairBench['q']
let repair: RepairBench['repair']
beforeEach(async () => {
  ;({ q, repair } = await repairBench())
})

describe('in a line that is too long to be looked at whole', () => {
  const long = Array.from({ length: 6_001 }, (_, i) => `t${i}`)
  beforeEach(async () => {
    await q.raw.hset(q.keys.tasks, ...long.flatMap((id) => [id, 'd|mail\n\n1']))
    await q.raw.hincrby(q.keys.counters, 'enqueued:mail', long.length)
    await q.raw.lpush(q.keys.pending_default, ...long)
    await q.expectSound()
  })

  test('a task is lost when it was counted nowhere in it', async () => {
    await q.raw.lrem(q.keys.pending_default, 1, 't3000')
    expect(await repair(place('t3000'))).toEqual(['lined', 't3000'])
    await q.expectSound()
  })

  test('a task in the middle is not lost, nor is one that ran since the look', async () => {
    expect(await repair(place('t3000', 1))).toEqual([])
    await q.raw.hset(q.keys.attempts, 't3000', '1,0,0,0,0,0')
    expect(await repair(place('t3000', 0))).toEqual([])
    await q.expectSound()
  })

  test('a surplus entry is taken from the end at which it stands, and a ghost in the middle stays', async () => {
    await q.raw.rpush(q.keys.pending_default, 't1')
    await q.raw.lpush(q.keys.pending_default, 'a')
    await q.run('cancel', { ids: ['t3000'] })
    expect(await repair(place('t1', 2), place('a', 1), place('t3000', 1))).toEqual(['surplus', 't1', 'surplus', 'a'])
    await q.expectSound()
  })

  test('a ghost that was counted nowhere in it is removed', async () => {
    await q.raw.hset(q.keys.ghosts, 'x', 1)
    expect(await repair(place('x'))).toEqual(['ghost', 'x'])
    await q.expectSound()
  })
})
