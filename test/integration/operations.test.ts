import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Operations, type NewOperation } from '../../src/core/operations.ts'
import type { OperationInfo } from '../../src/core/task.ts'
import { OperationsDriver } from '../../src/core/upkeep/operations-driver.ts'
import { QueueSet } from '../../src/core/upkeep/queue-set.ts'
import { aFailure, aTask, openQueue, T0, type TestQueue } from '../helpers/engine.ts'
import { until } from '../helpers/until.ts'

let q: TestQueue
let operations: Operations
beforeEach(async () => {
  q = await openQueue()
  const { redis, inspector, namespace } = q
  operations = new Operations({ redis, inspector, namespace, by: 'anna' })
})

/** Dead tasks: `mail0` …, and `report0` … */
async function dead(count: number, type = 'mail'): Promise<void> {
  const tasks = Array.from({ length: count }, (_, i) => aTask(`${type}${i}`, { type }))
  await q.broker().enqueue('q', tasks)
  const [, nonce] = (await q.claim({ want: count })) as [string, string]
  const items = tasks.map(({ id }) => ({
    nonce,
    id,
    type,
    verdict: 'dead' as const,
    delayMs: 0,
    line: aFailure(type === 'mail' ? 'SMTP 421' : 'no disk', T0),
    extras: '',
  }))
  await q.broker().fail('q', items)
}

const begin = (what: Partial<NewOperation> = {}): Promise<OperationInfo> =>
  operations.begin('q', { kind: 'replay', ...what })

async function driven(id: string): Promise<OperationInfo> {
  while ((await operations.step('q', id)).waitMs !== undefined);
  return (await operations.find('q', id))!
}

describe('a bulk operation', () => {
  test('replays what matches, step by step, and counts it', async () => {
    await dead(230)
    await dead(5, 'report')
    const { id } = await begin({ filter: 'type:mail err~smtp' })
    expect(await driven(id)).toMatchObject({ state: 'done', total: 235, scanned: 235, done: 230, skipped: 0 })
    expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ dead: 5, pending: { default: 230 } })
    await q.expectSound()
  })

  test('purges into the trash, from where one undo takes all of it back', async () => {
    await dead(120)
    const { id } = await begin({ kind: 'purge' })
    expect(await driven(id)).toMatchObject({ state: 'done', done: 120 })
    expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ dead: 0, trash: 120 })
    await q.expectSound()
  })

  test('leaves alone what died after it began', async () => {
    await dead(3)
    const { id } = await begin()
    const later = `${Date.now() + 60_000}`
    await dead(2, 'report')
    for (const name of ['report0', 'report1']) await q.raw.zadd(q.keys.dead, later, name)
    expect(await driven(id)).toMatchObject({ state: 'done', done: 3 })
    expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ dead: 2 })
  })

  test('is driven by any number of drivers, and no step is made twice', async () => {
    await dead(400)
    const { id } = await begin()
    await Promise.all(Array.from({ length: 4 }, () => driven(id)))
    expect(await operations.find('q', id)).toMatchObject({ state: 'done', scanned: 400, done: 400, skipped: 0 })
    await q.expectSound()
  })

  test('waits while it is paused, goes on where it was, and ends when it is cancelled', async () => {
    await dead(250)
    const { id } = await begin()
    await operations.step('q', id)
    expect(await operations.steer('q', id, 'pause')).toBe('paused')
    expect(await operations.step('q', id)).toEqual({ state: 'paused', waitMs: undefined })
    expect(await operations.steer('q', id, 'pause')).toBe('paused')
    expect(await operations.steer('q', id, 'resume')).toBe('running')
    await operations.step('q', id)
    expect(await operations.steer('q', id, 'cancel')).toBe('cancelled')
    expect(await driven(id)).toMatchObject({ state: 'cancelled', done: 200 })
    expect(await operations.steer('q', id, 'resume')).toBe('cancelled')
    expect(await operations.isAnyRunning('q')).toBe(false)
    await q.expectSound()
  })

  test('keeps its rate over everybody who drives it', async () => {
    await dead(30)
    const { id } = await begin({ ratePerSecond: 10 })
    expect(await operations.step('q', id)).toMatchObject({ state: 'running', waitMs: expect.any(Number) })
    const other = await operations.step('q', id)
    expect(other.waitMs).toBeGreaterThan(0)
    expect(await operations.find('q', id)).toMatchObject({ done: 10 })
  })

  test('goes on in a daemon when the one who began it is gone', async () => {
    await dead(150)
    const { id } = await begin()
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const queues = new QueueSet(q.redis, q.namespace, ['q'], log)
    const driver = new OperationsDriver({ redis: q.redis, namespace: q.namespace, inspector: q.inspector, log, queues })
    onTestFinished(() => driver.stop())
    await driver.start()
    await until(async () => (await operations.find('q', id))?.state === 'done', { what: 'the operation to be done' })
    expect((await q.inspector.snapshot(['q']))[0]).toMatchObject({ dead: 0, pending: { default: 150 } })
  })

  test('that nobody knows is answered so', async () => {
    expect(await operations.step('q', 'nobody')).toEqual({ state: 'unknown', waitMs: undefined })
    expect(await operations.steer('q', 'nobody', 'pause')).toBe('unknown')
  })

  test('is refused for a bad filter or rate, and nothing begins', async () => {
    await expect(begin({ filter: 'tpye:mail' })).rejects.toThrow('did you mean type?')
    await expect(begin({ ratePerSecond: 0 })).rejects.toThrow('rate 0 has to be tasks a second')
    expect(await operations.list('q')).toEqual([])
  })

  test('is kept to be looked at when it is over, newest first, up to a hundred', async () => {
    for (let i = 0; i < 103; i++) {
      const { id } = await begin()
      await driven(id)
    }
    const all = await operations.list('q')
    expect(all.length).toBeLessThanOrEqual(101)
    expect(all[0]).toMatchObject({ by: 'anna', kind: 'replay', state: 'done' })
  })
})
