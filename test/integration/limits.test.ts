import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/core/handlers.ts'
import { gate, workbench } from '../helpers/workbench.ts'
import { until } from '../helpers/until.ts'
import { dq, dqJson } from '../helpers/cli.ts'

describe('a worker', () => {
  it('sets the limits of its types, and no more run than they let', async () => {
    const { client, work, untilSeen, seen } = await workbench()
    const { open, promise: wait } = gate()
    const mail = defineTask({ type: 'mail', concurrency: 2, run: () => wait })
    await work([mail], { concurrency: 10 })
    await client.enqueueMany(Array.from({ length: 5 }, (_, i) => ({ type: 'mail', payload: i })))
    await untilSeen('task.started', 2)
    const limited = async (): Promise<number> => (await client.inspector.snapshot(['default']))[0]!.limited
    await until(async () => (await limited()) === 3)
    expect(await client.inspector.limits('default')).toMatchObject([
      { type: 'mail', slots: { most: 2, keyed: false }, source: 'code', waiting: 3, lines: [{ running: 2 }] },
    ])
    expect(seen('task.started')).toHaveLength(2)
    open()
    await untilSeen('task.completed', 5)
    expect(await limited()).toBe(0)
  })

  it('leaves a limit alone that was set by hand, and takes away one that its types no longer have', async () => {
    const { client, work } = await workbench()
    const run = (): void => {}
    await client.operator.limits.set('default', 'mail', { slots: { most: 7, keyed: false } })
    const first = await work([
      defineTask({ type: 'mail', concurrency: 2, run }),
      defineTask({ type: 'push', concurrency: 3, run }),
    ])
    const rules = async (): Promise<unknown> =>
      (await client.inspector.limits('default')).map(({ type, slots, source }) => [type, slots?.most, source])
    expect(await rules()).toEqual([
      ['mail', 7, 'hand'],
      ['push', 3, 'code'],
    ])
    await first.stop()
    await work([defineTask({ type: 'push', run })])
    expect(await rules()).toEqual([['mail', 7, 'hand']])
  })

  it('keeps tasks of one key apart for producers that know a type by its name only', async () => {
    const { client, work, untilSeen } = await workbench()
    const { open, promise: wait } = gate()
    await work([defineTask({ type: 'mail', concurrency: { limit: 1, key: 'tenant' }, run: () => wait })])
    for (const tenant of ['a', 'a', 'b', 'c d']) await client.enqueue('mail', { tenant })
    await untilSeen('task.started', 3)
    await until(async () => (await client.inspector.snapshot(['default']))[0]!.limited === 1)
    const [limit] = await client.inspector.limits('default')
    expect(limit!.lines.find(({ waiting }) => waiting > 0)).toMatchObject({ key: 'a', waiting: 1, running: 1 })
    open()
    await untilSeen('task.completed', 4)
  })

  it('holds a type back that its handler was refused for, without counting an attempt', async () => {
    const { client, work, untilSeen, untilState } = await workbench()
    let isRefused = true
    const mail = defineTask({
      type: 'mail',
      rateLimit: { limit: 1_000, burst: 10 },
      run: (_, { rateLimited }) => {
        if (isRefused) rateLimited('1h')
      },
    })
    await work([mail])
    const { id } = await client.enqueue(mail, {})
    await untilSeen('task.snoozed')
    expect(await untilState(id, 'limited')).toMatchObject({ attempt: 0 })
    const [limit] = await client.inspector.limits('default')
    expect(limit!.lines[0]!.nextAtMs! - Date.now()).toBeGreaterThan(3_500_000)
    isRefused = false
    await client.operator.limits.set('default', 'mail', undefined)
    await untilState(id, 'completed')
  })
})

describe('a client', () => {
  it('is told when it enqueues more than is let in, and the others of its batch go on', async () => {
    const { client } = await workbench()
    await client.operator.limits.set('default', 'mail', { enqueue: { limit: 1, perMs: 3_600_000, burst: 2 } })
    const results = await client.enqueueMany([
      { type: 'mail', payload: 1 },
      { type: 'mail', payload: 2 },
      { type: 'mail', payload: 3 },
      { type: 'other', payload: 4 },
    ])
    expect(results.map((one) => ('error' in one ? one.error.code : one.outcome))).toEqual([
      'enqueued',
      'enqueued',
      'rate_limited',
      'enqueued',
    ])
    await expect(client.enqueue('mail', 5)).rejects.toMatchObject({
      code: 'rate_limited',
      message: expect.stringContaining('rate limit exceeded'),
    })
  })
})

describe('dq limit', () => {
  it('sets, shows and clears limits', async () => {
    const bench = await workbench()
    await bench.client.enqueue('mail', {})
    expect((await dq(bench, ['limit', 'list'])).err).toContain('there is no limit')
    const set = await dq(bench, ['limit', 'set', 'default', 'mail', '--rate', '50/s,5', '--concurrency', '3'])
    expect(set).toMatchObject({ code: 0, out: 'mail in default: 50/s,5, 3 at once set' })
    expect((await dq(bench, ['limit', 'set', 'default', '--enqueue', '9/1m'])).out).toBe('default: enqueue 9/m set')
    expect((await dq(bench, ['limit', 'list'])).out).toMatch(/default +mail +50\/s,5, 3 at once +hand +0 +0/)
    expect(await dqJson(bench, ['limit', 'list', '--queue', 'default'])).toMatchObject([
      { queue: 'default', enqueue: { limit: 9, per_ms: 60_000, burst: 9 }, set_by: 'hand' },
      { type: 'mail', rate: { limit: 50, per_ms: 1_000, burst: 5, per_key: false }, concurrency: { limit: 3 } },
    ])
    expect((await dq(bench, ['limit', 'clear', 'default', 'mail'])).out).toBe('mail in default: limit removed')
    expect((await dq(bench, ['limit', 'clear', 'default', 'mail'])).out).toBe('mail in default: limit unchanged')
  })

  it.each([
    [['default', 'mail'], 'say which limit'],
    [['default', 'mail', '--rate', '0/s'], '--rate.limit 0 has to be a whole number'],
    [['default', 'mail', '--rate', 'fast'], 'write 50/s'],
    [['default', 'mail', '--concurrency', '0'], '--concurrency'],
    [['default', '--concurrency', '2', '--per-key'], 'name the type'],
    [['a b', '--concurrency', '2'], 'queue'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await dq(await workbench(), ['limit', 'set', ...args])
    expect(err).toContain(message)
    expect(code).not.toBe(0)
  })
})
