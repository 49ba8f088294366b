import { beforeEach, describe, expect, test } from 'vitest'
import { globalKeys } from '../../src/core/keys.ts'
import { encodeSchedule, readDefinition } from '../../src/core/schedules.ts'
import { EVERY, openSchedules, type ScheduleBench, SECOND } from '../helpers/schedules.ts'
import { until } from '../helpers/until.ts'

const YEAR_MS = 365 * 86_400_000

let s: ScheduleBench
beforeEach(async () => {
  s = await openSchedules()
})

describe('a cursor that a clock put far ahead', () => {
  const isNear = async (): Promise<boolean> => (await s.cursorOf('q'))! <= (await s.nowMs()) + SECOND

  beforeEach(async () => {
    await s.operator.saveSchedule(EVERY)
    await s.q.raw.zadd(s.q.keys.cursors, (await s.nowMs()) + YEAR_MS, 's')
  })

  test('is set right by whoever looks', async () => {
    await s.book.start()
    await until(isNear, { what: 'the cursor to come back' })
    await s.book.stop()
    expect(await isNear()).toBe(true)
    await s.q.expectSound()
  })

  test('is set right when the same is saved again', async () => {
    await s.operator.saveSchedule(EVERY)
    expect(await isNear()).toBe(true)
  })

  test('stays where the schedule begins later', async () => {
    const start = (await s.nowMs()) + YEAR_MS
    expect(await s.operator.saveSchedule({ ...EVERY, start })).toMatchObject({ nextRunAtMs: start })
    expect(await s.operator.saveSchedule({ ...EVERY, start })).toMatchObject({ nextRunAtMs: start })
  })
})

test('a definition that makes no task stops its schedule, and not who fires', async () => {
  await s.operator.saveSchedule(EVERY)
  const { redis, namespace } = s.q
  const global = globalKeys(namespace)
  const was = (await readDefinition(redis, global, 's'))!
  await redis.call('HSET', global.schedules, 's', encodeSchedule({ ...was, type: 'no type' }))
  await s.operator.enableSchedule('s', true)
  await s.fallBehind(2)
  const { nowMs, dueSchedules } = await s.broker.promote('q')
  expect(dueSchedules.map(({ name }) => name)).toEqual(['s'])
  for (const { name, slotMs } of dueSchedules) await s.book.fire('q', name, slotMs, nowMs)
  expect(await s.cursorOf('q')).toBeUndefined()
  expect(await s.firedIn('q')).toEqual([])
})

test('changes that are made at once are all made', async () => {
  await s.operator.saveSchedule(EVERY)
  for (const payload of [1, 2, 3, 4, 5]) {
    const enabled = payload % 2 === 0
    await Promise.all([
      s.operator.enableSchedule('s', enabled),
      s.operator.saveSchedule({ ...EVERY, payload }),
      s.operator.enableSchedule('s', enabled),
    ])
    expect(await s.q.inspector.schedule('s')).toMatchObject({ enabled, payload })
  }
})
