import { beforeEach, describe, expect, test } from 'vitest'
import { globalKeys } from '../../src/core/keys.ts'
import { type NewSchedule, Operator } from '../../src/core/operator.ts'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../helpers/engine.ts'

let q: TestQueue
let operator: Operator
beforeEach(async () => {
  q = await openQueue()
  q.nowMs = Date.now()
  operator = new Operator(q.broker(), q.redis, q.namespace, 'ann')
})

const audit = async () => (await q.state())['audit']

test('a pause and its end are noted with who did it', async () => {
  expect([await operator.pause('q'), await operator.pause('q'), await operator.resume('q')]).toEqual([
    'paused',
    'unchanged',
    'resumed',
  ])
  expect(await audit()).toEqual(['pause ann 1 ', 'resume ann 1 '])
})

describe('replay', () => {
  test('tells apart what went back to its line, what is a duplicate, and what is not dead', async () => {
    await q.kill(aTask('a', { idempotencyKey: 'k' }), aTask('b'), aTask('c'))
    await q.enqueue(aTask('owner', { idempotencyKey: 'k' }))
    const { operation, ...rest } = await operator.replay('q', ['c', 'a', 'owner', 'nobody', 'b'])
    expect(rest).toEqual({ replayed: ['c', 'b'], duplicates: [{ id: 'a', of: 'owner' }], skipped: ['owner', 'nobody'] })
    expect(await audit()).toEqual([`replay ann 2 ${operation}`])
    expect((await q.state())['pending:default']).toEqual(['b', 'c', 'owner'])
    await q.expectSound()
  })

  test('of more than one call takes all of them, in order', async () => {
    const ids = Array.from({ length: 230 }, (_, i) => `t${i}`)
    await q.kill(...tasksNamed(...ids))
    expect((await operator.replay('q', ids)).replayed).toEqual(ids)
    expect((await q.state())['pending:default']).toEqual(ids.toReversed())
    await q.expectSound()
  })

  test('of nothing is nothing', async () => {
    expect(await operator.replay('q', [])).toMatchObject({ replayed: [], duplicates: [], skipped: [] })
    expect(await audit()).toBeUndefined()
  })
})

describe('an edit', () => {
  test('keeps everything but the payload, and the reason stands behind the name in the audit', async () => {
    const shape = { own: true, idempotencyKey: 'k', priority: 'high', maxRetries: 2, timeoutMs: 500 } as const
    await q.kill(aTask('a', { ...shape, payload: { to: 'anna' } }))
    const shown = (await operator.editable('q', 'a'))!
    expect(shown).toMatchObject({ type: 'mail', payloadJson: '{"to":"anna"}' })
    const because = operator.because('INC-42')
    expect(await because.replayEdited('q', 'a', shown, '{ "to": "bob" }')).toMatchObject({ word: 'replayed' })
    const { envelope } = aTask('a', { ...shape, payload: { to: 'anna' } })
    expect((await q.state())['tasks']).toEqual({ a: envelope.replace('anna', 'bob') })
    expect(await audit()).toEqual(['edited ann (INC-42) 1 a'])
    await q.expectSound()
  })

  test('of what is not dead begins with nothing, and is refused once the task is another one', async () => {
    await q.kill(aTask('a'))
    const shown = (await operator.editable('q', 'a'))!
    expect(await operator.replayEdited('q', 'a', { ...shown, envelope: `${shown.envelope} ` }, '2')).toMatchObject({
      word: 'changed',
    })
    await operator.replay('q', ['a'])
    expect(await operator.editable('q', 'a')).toBeUndefined()
    expect(await operator.editable('q', 'nobody')).toBeUndefined()
    expect(await operator.replayEdited('q', 'a', shown, '2')).toMatchObject({ word: 'not_dead' })
    expect((await q.state())['tasks']).toEqual({ a: shown.envelope })
    await q.expectSound()
  })

  test('of what is no JSON or too large is refused before anything is sent', async () => {
    await q.kill(aTask('a'))
    const shown = (await operator.editable('q', 'a'))!
    await expect(operator.replayEdited('q', 'a', shown, '{')).rejects.toThrow('line 1, column 2')
    await expect(operator.replayEdited('q', 'a', shown, `"${'x'.repeat(262_144)}"`)).rejects.toThrow('the limit is')
    expect(await audit()).toBeUndefined()
  })
})

test('what waits for its time is put into line by hand', async () => {
  await q.enqueue(aTask('later', { when: 'in', timeMs: 60_000 }), aTask('now'))
  expect(await operator.hasten('q', ['later', 'now', 'nobody'])).toEqual(['hastened', 'not_waiting', 'not_found'])
  expect(await audit()).toEqual(['run ann 1 later'])
  await q.expectSound()
})

describe('purge and undo', () => {
  beforeEach(() => q.kill(...tasksNamed('a', 'b', 'c', 'd')))

  test('the newest purge is taken back when none is named, whichever it was', async () => {
    const first = await operator.purge('q', ['a'])
    q.nowMs += 1
    const second = await operator.purge('q', ['b', 'c', 'zzz'])
    expect(second).toMatchObject({ purged: ['b', 'c'], skipped: ['zzz'] })
    const both = expect.arrayContaining(['b', 'c']) as string[]
    expect(await operator.undo('q')).toEqual({ operation: second.operation, restored: both, skipped: [] })
    expect(await operator.undo('q')).toEqual({ operation: first.operation, restored: ['a'], skipped: [] })
    expect(await operator.undo('q')).toEqual({ operation: undefined, restored: [], skipped: [] })
    await q.expectSound()
  })

  test('one purge is taken back by its name', async () => {
    const { operation } = await operator.purge('q', ['a', 'b'])
    q.nowMs += 1
    await operator.purge('q', ['c'])
    expect((await operator.undo('q', { operation })).restored.toSorted()).toEqual(['a', 'b'])
    expect(await operator.undo('q', { operation: 'never' })).toEqual({ operation: 'never', restored: [], skipped: [] })
    expect(Object.keys((await q.state())['trash']!)).toEqual(['c'])
    await q.expectSound()
  })

  test('several calls under one name are one purge', async () => {
    const { operation } = await operator.purge('q', ['a'])
    q.nowMs += 5
    await operator.purge('q', ['b'], { operation })
    expect((await operator.undo('q')).restored.toSorted()).toEqual(['a', 'b'])
  })

  test('some tasks are taken back by their ids', async () => {
    await operator.purge('q', ['a', 'b', 'c'])
    expect(await operator.undo('q', { ids: ['a', 'd', 'c', 'a'] })).toEqual({
      restored: ['a', 'c'],
      skipped: ['d', 'a'],
    })
    expect(Object.keys((await q.state())['trash']!)).toEqual(['b'])
    await q.expectSound()
  })

  test('what is purged for good cannot be taken back', async () => {
    expect((await operator.purge('q', ['a'], { now: true })).purged).toEqual(['a'])
    expect(await operator.undo('q', { ids: ['a'] })).toEqual({ restored: [], skipped: ['a'] })
    await q.expectSound()
  })

  test('a purge of more tasks than one page of the trash is taken back whole', async () => {
    const ids = Array.from({ length: 700 }, (_, i) => `t${i}`)
    for (const part of [ids.slice(0, 350), ids.slice(350)]) await q.kill(...tasksNamed(...part))
    await operator.purge('q', ids)
    expect((await operator.undo('q')).restored).toHaveLength(700)
    await q.expectSound()
  })

  test('any mix of operators at once gives each task one fate', async () => {
    const ids = Array.from({ length: 400 }, (_, i) => `t${i}`)
    await q.kill(...tasksNamed(...ids))
    const others = Array.from({ length: 4 }, (_, i) => new Operator(q.broker(), q.redis, q.namespace, `op${i}`))
    const done = await Promise.all([
      ...others.map(async (one) => (await one.replay('q', ids)).replayed),
      ...others.map(async (one, i) => (await one.purge('q', ids.toReversed(), { now: i === 0 })).purged),
    ])
    expect(done.flat().toSorted()).toEqual(ids.toSorted())
    await q.expectSound()
  })
})

test('a worker is asked to be quiet, and to go on; the answer tells whether that was a change', async () => {
  expect([await operator.quiet('w', true), await operator.quiet('w', true)]).toEqual([true, false])
  expect(await q.raw.smembers(globalKeys(q.namespace).quiet)).toEqual(['w'])
  expect([await operator.quiet('w', false), await operator.quiet('w', false)]).toEqual([true, false])
})

describe('schedules', () => {
  const hourly: NewSchedule = { name: 'report', spec: '0 * * * *', type: 'report', queue: 'q', payload: { a: 1 } }
  const cursors = async () => (await q.state())['cursors']

  test('a new one has its next slot at once, and is listed', async () => {
    const saved = await operator.saveSchedule(hourly)
    expect(saved).toMatchObject({ ...hourly, timeZone: 'UTC', priority: 'default' })
    expect(saved.nextRunAtMs! % 3_600_000).toBe(0)
    expect(saved.nextRunAtMs! - Date.now()).toBeLessThanOrEqual(3_600_000)
    expect(await q.inspector.schedules()).toEqual([saved])
    expect(await q.inspector.queueNames()).toEqual(['q'])
    expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ schedules: 1, ledger: { ok: true } })
  })

  test('saved twice is one, and keeps its slot and its anchor', async () => {
    const every = { spec: '@every 1h', type: 'report', queue: 'q' }
    const first = await operator.saveSchedule(every)
    const second = await operator.saveSchedule(every)
    expect(second).toEqual(first)
    expect(first.name).toMatch(/^s-[\da-f]{20}$/)
    expect(await q.inspector.schedules()).toHaveLength(1)
  })

  test('saved otherwise under its name is another, with another slot', async () => {
    await operator.saveSchedule(hourly)
    const moved = await operator.saveSchedule({ ...hourly, spec: '30 * * * *' })
    expect(moved.nextRunAtMs! % 3_600_000).toBe(1_800_000)
    expect(await cursors()).toEqual({ report: moved.nextRunAtMs })
  })

  test('moved to another queue leaves no cursor in the first', async () => {
    await operator.saveSchedule(hourly)
    await operator.saveSchedule({ ...hourly, queue: 'other' })
    expect(await cursors()).toBeUndefined()
    expect(await q.inspector.schedules()).toMatchObject([{ queue: 'other', nextRunAtMs: expect.any(Number) as number }])
  })

  test('removed is gone, with its cursor; a second time there is none', async () => {
    await operator.saveSchedule(hourly)
    expect([await operator.removeSchedule('report'), await operator.removeSchedule('report')]).toEqual([true, false])
    expect(await cursors()).toBeUndefined()
    expect(await q.inspector.schedules()).toEqual([])
    expect(await audit()).toEqual(['schedule ann 1 report', 'unschedule ann 1 report'])
  })

  test.each([
    [{ spec: 'never' }, 'spec'],
    [{ spec: '0 0 31 2 *' }, 'spec'],
    [{ spec: '@every 1ms' }, 'spec'],
    [{ timeZone: 'Mars/Olympus' }, 'time_zone'],
    [{ spec: '@every 1h', timeZone: 'Mars/Olympus' }, 'time_zone'],
    [{ name: 'a b' }, 'name'],
    [{ type: '' }, 'type'],
    [{ queue: 'a b' }, 'queue'],
    [{ priority: 'urgent' }, 'priority'],
    [{ name: undefined, payload: 5n }, 'payload'],
  ])('with %o is refused, and nothing is stored', async (wrong, field) => {
    const saving = operator.saveSchedule({ ...hourly, ...wrong } as unknown as NewSchedule)
    await expect(saving).rejects.toMatchObject({ code: 'invalid_input', details: [field] })
    expect(await q.inspector.schedules()).toEqual([])
    expect(await q.state()).toEqual({})
  })

  test('foreign definitions are not shown, and stop nothing', async () => {
    await operator.saveSchedule(hourly)
    await q.raw.hset(globalKeys(q.namespace).schedules, 'x', 'what', 'y', '{}', 'z', 'null')
    expect((await q.inspector.schedules()).map(({ name }) => name)).toEqual(['report'])
    expect(await operator.removeSchedule('x')).toBe(true)
  })
})
