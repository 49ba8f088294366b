import { beforeEach, describe, expect, test } from 'vitest'
import { globalKeys } from '../../src/core/keys.ts'
import { encodeSchedule, readDefinition } from '../../src/core/schedules.ts'
import { EVERY, openSchedules, range, type ScheduleBench, SECOND, START } from '../helpers/schedules.ts'
import { until } from '../helpers/until.ts'

let s: ScheduleBench
beforeEach(async () => {
  s = await openSchedules()
})

describe('slots that were missed', () => {
  test('all run, each once, whoever fires', async () => {
    await s.operator.saveSchedule(EVERY)
    const oldest = await s.fallBehind(20)
    await Promise.all([s.fire(), s.fire(), s.fire()])
    await s.fireAll('q')
    const fired = await s.firedIn('q')
    expect(fired).toEqual(range(oldest, fired.length))
    expect(fired.length).toBeGreaterThanOrEqual(20)
    await s.q.expectSound()
  })

  test('run as one, which tells of the others', async () => {
    await s.operator.saveSchedule({ ...EVERY, missed: 'once' })
    const oldest = await s.fallBehind(20)
    await s.fire()
    const [newest] = await s.firedIn('q')
    const missed = (newest! - oldest) / SECOND
    expect(s.passed).toEqual([`s missed ${missed}`])
    expect((await s.q.inspector.schedule('s'))?.runs).toMatchObject([
      { what: 'fired', slotMs: newest, id: `s:${newest}`, state: 'pending' },
      { what: 'missed', slotMs: oldest, count: missed, id: undefined },
    ])
    expect((await s.q.inspector.snapshot(['q']))[0]!.counters['missed']).toEqual({ mail: missed })
  })

  test('pass', async () => {
    const start = Date.now() - 630 * 60 * SECOND
    await s.operator.saveSchedule({ ...EVERY, start, spec: '@every 1h', missed: 'skip' })
    const oldest = await s.fallBehind(5 * 3_600)
    await s.fire()
    expect(await s.firedIn('q')).toEqual([])
    expect(s.passed).toEqual(['s missed 5'])
    expect((await s.q.inspector.schedules())[0]).toMatchObject({
      nextRunAtMs: oldest + 5 * 3_600_000,
      lastRun: undefined,
    })
  })
})

describe('a change of a schedule', () => {
  test('to the same content changes nothing', async () => {
    const first = await s.operator.saveSchedule(EVERY)
    const before = await s.q.state()
    expect(await s.operator.saveSchedule({ ...EVERY })).toEqual(first)
    expect(await s.q.state()).toEqual(before)
  })

  test('of its payload keeps the next slot, even one that is due, and its history', async () => {
    const first = await s.operator.saveSchedule(EVERY)
    await s.fallBehind(2)
    await s.fire()
    const due = await s.fallBehind(3)
    const runs = (await s.q.inspector.schedule('s'))!.runs
    const changed = await s.operator.saveSchedule({ ...EVERY, payload: { b: 1 } })
    expect(changed).toMatchObject({ nextRunAtMs: due, createdAtMs: first.createdAtMs, payload: { b: 1 } })
    expect((await s.q.inspector.schedule('s'))!.runs).toEqual(runs)
  })

  test('that its writer did not end is ended by whoever fires, or looks', async () => {
    await s.operator.saveSchedule(EVERY)
    const due = await s.fallBehind(2)
    const { redis, namespace } = s.q
    const was = (await readDefinition(redis, globalKeys(namespace), 's'))!
    await redis.call('HSET', globalKeys(namespace).schedules, 's', encodeSchedule({ ...was, spec: '@every 1h' }))
    await s.fire()
    expect(await s.firedIn('q')).toEqual([])
    expect(((await s.cursorOf('q'))! - START) % 3_600_000).toBe(0)
    expect(await s.cursorOf('q')).toBeGreaterThan(due)
    await redis.call('HSET', globalKeys(namespace).schedules, 's', encodeSchedule({ ...was, spec: '@every 7h' }))
    const now = await s.nowMs()
    const settled = now + 25_200_000 - ((now - START) % 25_200_000)
    await s.book.start()
    await until(async () => (await s.cursorOf('q')) === settled, { what: 'the new rhythm to be in force' })
    await s.book.stop()
  })

  test('does not let an older definition fire', async () => {
    await s.operator.saveSchedule({ ...EVERY, payload: 'old' })
    await s.fallBehind(2)
    const [cursor, now] = [(await s.cursorOf('q'))!, await s.nowMs()]
    // Between what a scheduler reads of the queue and of the definition, another one comes into force.
    await s.operator.saveSchedule({ ...EVERY, payload: 'new' })
    await s.book.fire('q', 's', cursor, now)
    const [id] = await s.q.raw.lrange(s.q.keys.pending_default, -1, -1)
    expect((await s.q.inspector.task(id!))?.payload).toBe('new')
  })
})

describe('a schedule that is disabled', () => {
  test('has no slots until it is enabled again, and is saved without a word about it as it is', async () => {
    await s.operator.saveSchedule(EVERY)
    await s.fallBehind(5)
    expect(await s.operator.enableSchedule('s', false)).toMatchObject({ enabled: false, nextRunAtMs: undefined })
    await s.fire()
    expect((await s.operator.saveSchedule({ ...EVERY, payload: 2 })).enabled).toBe(false)
    const before = await s.nowMs()
    const enabled = await s.operator.enableSchedule('s', true)
    expect(enabled!.nextRunAtMs!).toBeGreaterThanOrEqual(before)
    expect(await s.firedIn('q')).toEqual([])
    expect(await s.operator.enableSchedule('nobody', true)).toBeUndefined()
  })

  test('can be triggered', async () => {
    await s.operator.saveSchedule({ ...EVERY, enabled: false })
    const triggered = await s.operator.triggerSchedule('s')
    expect(triggered).toMatchObject({ outcome: 'fired' })
    expect(await s.q.inspector.task(triggered!.id)).toMatchObject({ state: 'pending', type: 'mail' })
    expect(await s.cursorOf('q')).toBeUndefined()
    expect((await s.q.inspector.schedules())[0]!.lastRun).toMatchObject({ what: 'triggered', state: 'pending' })
    expect(await s.operator.triggerSchedule('nobody')).toBeUndefined()
    await s.q.expectSound()
  })
})

describe('overlap', () => {
  test('skip lets no trigger run beside a run, and passes slots', async () => {
    await s.operator.saveSchedule({ ...EVERY, missed: 'once', overlap: 'skip' })
    const { id } = (await s.operator.triggerSchedule('s'))!
    expect(await s.operator.triggerSchedule('s')).toEqual({ outcome: 'running', id })
    await s.fallBehind(1)
    await s.fire()
    expect(s.passed.at(-1)).toBe('s overlap 1')
    expect(await s.q.raw.llen(s.q.keys.pending_default)).toBe(1)
  })

  test('queue lets one wait, and it runs once the one before has ended', async () => {
    await s.operator.saveSchedule({ ...EVERY, spec: '@every 1h', missed: 'once', overlap: 'queue' })
    await s.operator.triggerSchedule('s')
    expect(await s.operator.triggerSchedule('s')).toMatchObject({ outcome: 'waits' })
    expect((await s.q.inspector.schedules())[0]).toMatchObject({ waits: true })
    await s.fire()
    expect(await s.q.raw.llen(s.q.keys.pending_default)).toBe(1)
    await s.operator.cancel('q', await s.q.raw.lrange(s.q.keys.pending_default, 0, -1))
    await until(async () => (await s.fire(), await s.q.raw.hlen(s.q.keys.tasks)) === 1, {
      what: 'the second run to begin',
    })
    const [schedule] = await s.q.inspector.schedules()
    expect(schedule).toMatchObject({ waits: false, lastRun: { state: 'pending' } })
    expect(schedule!.nextRunAtMs! - (await s.nowMs())).toBeGreaterThan(0)
    await s.q.expectSound()
  })
})
