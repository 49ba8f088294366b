import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, T0, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('a snapshot of a queue that never was is all zero and in order, and writes nothing', async () => {
  expect(await q.changes(() => q.run('snapshot'))).toMatchInlineSnapshot(
    `"answer: [T+0,0,0,0,0,0,0,0,0,0,0,0,0,0,["","",""],"","",0,[],0,[],0]"`,
  )
  expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ ledger: { ok: true, drift: [] } })
})

test('a snapshot counts every place, and writes nothing', async () => {
  await q.run('limit', { items: ['t:slow', 'r=1/1000/1/0'] })
  await q.raw.hset(q.keys.limit_due, 't:slow', T0 + 1_000)
  await q.enqueue(aTask('slow', { type: 'slow' }))
  await q.kill(...tasksNamed('dead', 'purged'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('done', 'active1', 'active2', 'cancelled', 'd1', 'd2'))
  await q.claim({ want: 3 })
  await q.complete({ nonce: '2-r', ids: ['done'], record: '{}' })
  await q.run('cancel', { ids: ['cancelled'] })
  await q.enqueue(aTask('h', { priority: 'high' }), aTask('l', { priority: 'low' }))
  await q.enqueue(aTask('s', { when: 'in', timeMs: 3_000 }))
  await q.raw.zadd(q.keys.cursors, 5, 'schedule')
  await q.run('pause')
  const before = await q.state()
  const reply = (await q.run('snapshot')) as unknown[]
  expect(await q.state()).toEqual(before)
  const [
    now,
    high,
    normal,
    low,
    ghosts,
    scheduled,
    active,
    leases,
    left,
    dead,
    trash,
    completed,
    tasks,
    limited,
    ...rest
  ] = reply
  expect({
    now,
    high,
    normal,
    low,
    ghosts,
    scheduled,
    active,
    leases,
    left,
    dead,
    trash,
    completed,
    tasks,
    limited,
  }).toEqual({
    now: T0,
    high: 1,
    normal: 3,
    low: 1,
    ghosts: 1,
    scheduled: 1,
    active: 2,
    leases: 1,
    left: 2,
    dead: 1,
    trash: 1,
    completed: 2,
    tasks: 10,
    limited: 1,
  })
  expect(rest.slice(0, 4)).toEqual([['h', 'cancelled', 'l'], String(T0 + 3_000), `me|${T0}`, 1])
  await q.expectSound()
})

test('the last sixteen seconds are there, oldest first, also around the end of the ring', async () => {
  // Slot 0 of the ring is the second 1,700,000,100.
  for (const at of [T0 + 85_000, T0 + 99_000, T0 + 100_000]) {
    q.nowMs = at
    await q.enqueue(aTask(`t${at}`), aTask(`u${at}`))
  }
  const reply = (await q.run('snapshot')) as unknown[]
  const slots = reply.at(-2) as number[]
  expect(reply.at(-3)).toBe((T0 + 100_000) / 1_000)
  expect(slots.filter((_, i) => i % 4 === 0)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2])
  expect(slots.filter((n, i) => i % 4 !== 0 && n !== 0)).toEqual([])
})

describe('the number of tasks that grants have left', () => {
  test('is counted over more grants than one look of the script takes', async () => {
    const grants = Array.from({ length: 1_300 }, (_, i) => [`${i}-x:left`, 2, `${i}-x`, 'w|0|0|0|']).flat()
    const leases = Array.from({ length: 1_300 }, (_, i) => [i, `${i}-x`]).flat()
    await q.raw.hset(q.keys.grants, ...grants)
    await q.raw.zadd(q.keys.leases, ...leases)
    expect(((await q.run('snapshot')) as unknown[])[8]).toBe(2_600)
  })

  test('is not counted, and not called a drift, when there are too many', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.raw.zadd(q.keys.leases, ...Array.from({ length: 5_000 }, (_, i) => [i, `${i}-x`]).flat())
    expect(((await q.run('snapshot')) as unknown[])[8]).toBe(-1)
    expect((await q.inspector.verify('q')).drift).toEqual([])
  })
})

describe('the ring of counts', () => {
  const series = async () => (await q.state())['series']
  const enqueueAt = async (ms: number, id = `t${ms}`): Promise<void> => {
    q.nowMs = T0 + ms
    await q.enqueue(aTask(id))
  }

  test('keeps 15 minutes by the second and an hour by ten, and forgets the seconds it skips', async () => {
    await enqueueAt(0)
    await enqueueAt(1_000)
    await enqueueAt(899_000)
    expect(await series()).toEqual(
      Object.fromEntries(
        [0, 1_000, 899_000]
          .map((ms) => [`1s@${T0 + ms}`, '1 0 0 0'])
          .concat([
            [`10s@${T0}`, '2 0 0 0'],
            [`10s@${T0 + 890_000}`, '1 0 0 0'],
          ]),
      ),
    )
    await enqueueAt(900_500)
    expect(Object.keys((await series())!).filter((slot) => slot.startsWith('1s'))).toEqual(
      expect.arrayContaining([`1s@${T0 + 1_000}`, `1s@${T0 + 899_000}`, `1s@${T0 + 900_000}`]),
    )
    expect(await series()).not.toHaveProperty(`1s@${T0}`)
    await enqueueAt(3_600_000)
    expect(await series()).toEqual({
      [`1s@${T0 + 3_600_000}`]: '1 0 0 0',
      [`10s@${T0 + 890_000}`]: '1 0 0 0',
      [`10s@${T0 + 900_000}`]: '1 0 0 0',
      [`10s@${T0 + 3_600_000}`]: '1 0 0 0',
    })
    await enqueueAt(90_000_000)
    expect(Object.keys((await series())!)).toHaveLength(2)
  })

  test('counts what a small step of the clock back brings in its own second', async () => {
    await enqueueAt(5_000)
    await q.raw.hdel(q.keys.meta, 'clock')
    await enqueueAt(4_000)
    expect(await series()).toMatchObject({ [`1s@${T0 + 5_000}`]: '1 0 0 0', [`1s@${T0 + 4_000}`]: '1 0 0 0' })
  })

  test('forgets what was written ahead when the clock steps back, and goes on', async () => {
    await enqueueAt(0)
    await enqueueAt(100_000)
    await enqueueAt(50_000)
    expect(await series()).toEqual({
      [`1s@${T0}`]: '1 0 0 0',
      [`1s@${T0 + 50_000}`]: '1 0 0 0',
      [`10s@${T0}`]: '1 0 0 0',
      [`10s@${T0 + 50_000}`]: '1 0 0 0',
    })
    await enqueueAt(-7_200_000)
    expect(Object.keys((await series())!)).toHaveLength(2)
  })
})

test('the counters know 200 types, the others are counted together', async () => {
  const tasks = Array.from({ length: 203 }, (_, i) => aTask(`t${i}`, { type: `type${i}` }))
  await q.broker().enqueue('q', tasks)
  await q.broker().enqueue(
    'q',
    tasks.slice(0, 3).map((task) => ({ ...task, id: `${task.id}b` })),
  )
  const counters = (await q.state())['counters'] as Record<string, string>
  expect(Object.keys(counters).filter((name) => name.startsWith('enqueued:'))).toHaveLength(201)
  expect(counters).toMatchObject({
    types: '200',
    'enqueued:other': '3',
    'enqueued:type0': '2',
    'enqueued:type199': '1',
  })
  expect(Object.keys(counters)).not.toContain('type:type200')
  q.nowMs += LEASE_MS
  await q.expectSound()
})
