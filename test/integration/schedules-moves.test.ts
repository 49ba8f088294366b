import { beforeEach, describe, expect, test } from 'vitest'
import { globalKeys } from '../../src/core/keys.ts'
import { encodeSchedule, readDefinition, revisionOf } from '../../src/core/schedules.ts'
import { EVERY, openSchedules, range, type ScheduleBench, START } from '../helpers/schedules.ts'
import { until } from '../helpers/until.ts'

let s: ScheduleBench
beforeEach(async () => {
  s = await openSchedules()
})

describe('a schedule that moves to another queue', () => {
  const moved = { ...EVERY, queue: 'other' }
  const isInQ = async (): Promise<boolean> => (await s.q.raw.exists(s.q.keys.cursors, s.q.keys.runs)) > 0

  test('takes its next slot and its history along', async () => {
    await s.operator.saveSchedule(EVERY)
    await s.fallBehind(2)
    await s.fire()
    const due = await s.fallBehind(1)
    const runs = (await s.q.inspector.schedule('s'))!.runs.map(({ slotMs }) => slotMs)
    expect(await s.operator.saveSchedule(moved)).toMatchObject({ nextRunAtMs: due })
    expect((await s.q.inspector.schedule('s'))!.runs.map(({ slotMs }) => slotMs)).toEqual(runs)
    expect(await s.q.raw.exists(s.q.keys.cursors, s.q.keys.runs)).toBe(0)
  })

  /** What a writer does in its order; it dies behind each of the steps. */
  const steps: (() => Promise<unknown>)[] = [
    async () => {
      const global = globalKeys(s.q.namespace)
      const was = (await readDefinition(s.q.redis, global, 's'))!
      await s.q.redis.call('SADD', global.queues, 'other')
      await s.q.redis.call('HSET', global.schedules, 's', encodeSchedule({ ...was, queue: 'other', from: 'q' }))
    },
    () => s.broker.schedules.leave('q', 's'),
    async () => {
      const schedule = (await readDefinition(s.q.redis, globalKeys(s.q.namespace), 's'))!
      const [was, revision, carried] = ['', revisionOf(schedule), await s.broker.schedules.leave('q', 's')]
      const change = { by: 'me', was, revision, nextMs: 'keep', carried, ahead: '' } as const
      expect(await s.broker.schedules.schedule('other', 's', change)).toBe('set')
    },
  ]

  test.each([1, 2, 3])('loses no slot and doubles none when its writer dies behind step %i', async (done) => {
    await s.operator.saveSchedule(EVERY)
    const oldest = await s.fallBehind(4)
    for (const step of steps.slice(0, done)) await step()
    await s.fire('q')
    await s.book.start()
    await until(async () => (await s.cursorOf('other')) !== undefined, { what: 'the other queue to have the cursor' })
    await s.book.stop()
    await Promise.all([s.fire('other'), s.fire('other')])
    await s.fire('q')
    const fired = await s.firedIn('q', 'other')
    expect(fired).toEqual(range(oldest, fired.length))
    expect(fired.length).toBeGreaterThanOrEqual(4)
    expect(await s.cursorOf('q')).toBeUndefined()
    for (const queue of ['q', 'other']) expect((await s.q.inspector.verifyDeep(queue)).problems).toEqual([])
  })

  test('leaves nothing behind when its writer dies before the last step, whoever comes first', async () => {
    await s.operator.saveSchedule(EVERY)
    for (const mend of [
      () => s.book.start().then(() => until(async () => !(await isInQ()), { what: 'the queue it left to forget it' })),
      () => s.operator.saveSchedule({ ...moved, payload: 'edited' }),
    ]) {
      await s.operator.saveSchedule(EVERY)
      for (const step of steps) await step()
      await s.fallBehind(0, 'other')
      await s.fireAll('other')
      const [cursor, { runs }] = [await s.cursorOf('other'), (await s.q.inspector.schedule('s'))!]
      expect(await isInQ()).toBe(true)
      await mend()
      await s.book.stop()
      expect(await isInQ()).toBe(false)
      expect(await s.cursorOf('other')).toBe(cursor)
      expect((await s.q.inspector.schedule('s'))!.runs).toEqual(runs)
    }
  })

  test.each([true, false])('takes a trigger along that waits for the run before; enabled: %s', async (enabled) => {
    await s.operator.saveSchedule({ ...EVERY, spec: '@every 1h', missed: 'once', overlap: 'queue', enabled })
    await s.operator.triggerSchedule('s')
    const waiting = await s.operator.triggerSchedule('s')
    expect(waiting?.outcome).toBe('waits')
    await s.operator.saveSchedule({
      ...EVERY,
      spec: '@every 1h',
      missed: 'once',
      overlap: 'queue',
      enabled,
      queue: 'other',
    })
    await s.fire('other')
    expect((await s.q.inspector.task(waiting!.id, 'other'))?.state).toBe('pending')
    const next = await s.cursorOf('other')
    expect(next === undefined ? false : (next - START) % 3_600_000 === 0).toBe(enabled)
  })

  test('loses and doubles nothing while schedulers fire', async () => {
    await s.operator.saveSchedule(EVERY)
    const oldest = await s.fallBehind(300)
    await Promise.all([s.fire('q'), s.fire('q'), s.operator.saveSchedule(moved), s.fire('other'), s.fire('q')])
    await s.fireAll('other')
    const fired = await s.firedIn('q', 'other')
    expect(fired).toEqual(range(oldest, fired.length))
    expect(fired.length).toBeGreaterThanOrEqual(300)
  })
})

describe('schedules that a file declares', () => {
  const names = async (): Promise<string[]> => (await s.q.inspector.schedules()).map(({ name }) => name)

  test('are saved and removed with it; those made by hand, and by other files, stay', async () => {
    await s.operator.saveSchedule({ ...EVERY, name: 'hand' })
    await s.operator.reconcileSchedules('/b/dq.yaml', [{ ...EVERY, name: 'b' }])
    const list = ['a1', 'a2'].map((name) => ({ ...EVERY, name }))
    expect(await s.operator.reconcileSchedules('/a/dq.yaml', list)).toEqual({ saved: ['a1', 'a2'], removed: [] })
    expect(await s.operator.reconcileSchedules('/a/dq.yaml', list)).toEqual({ saved: [], removed: [] })
    expect(await names()).toEqual(['a1', 'a2', 'b', 'hand'])
    expect(await s.operator.reconcileSchedules('/a/dq.yaml', list.slice(1))).toEqual({ saved: [], removed: ['a1'] })
    expect(await names()).toEqual(['a2', 'b', 'hand'])
    await s.operator.saveSchedule({ ...EVERY, name: 'a2', payload: 'by hand' })
    expect((await s.q.inspector.schedule('a2'))?.source).toBe('/a/dq.yaml')
    await s.operator.enableSchedule('a2', false)
    await s.operator.reconcileSchedules('/a/dq.yaml', list.slice(1))
    expect((await s.q.inspector.schedule('a2'))?.enabled).toBe(false)
  })

  test('are one, however many declare them at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        s.operator.reconcileSchedules('/a/dq.yaml', [{ ...EVERY, start: undefined, spec: '@every 1h' }]),
      ),
    )
    expect(results.every(({ removed }) => removed.length === 0)).toBe(true)
    const [schedule] = await s.q.inspector.schedules()
    expect(await s.cursorOf('q')).toBe(schedule!.createdAtMs + 3_600_000)
  })
})
