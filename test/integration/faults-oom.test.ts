import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Client } from '../../src/core/client.ts'
import { DqError } from '../../src/core/errors.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { storedState } from '../helpers/stored-state.ts'
import { aTask } from '../helpers/engine.ts'
import { until } from '../helpers/until.ts'

/** What an empty Redis takes, and some room to fill. */
const LIMIT = 6 * 1024 * 1024
const CLAIM = {
  worker: 'w',
  quotas: { high: 0, default: 0, low: 0 },
  leaseMs: 30_000,
  timeoutMs: 30_000,
  idle: false,
  timeouts: {},
}
const PAYLOAD = 'x'.repeat(20_000)

let server: RedisServer
let raw: Redis
let redis: RedisClient
let client: Client
let broker: Broker

beforeAll(async () => {
  server = await startRedis({ args: ['--maxmemory', String(LIMIT)] })
  raw = connect(server)
})
afterAll(async () => {
  raw.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await raw.flushall()
  redis = openRedis({ url: server.url })
  client = new Client({ redisUrl: server.url })
  broker = new Broker(redis, { namespace: 'dq' })
  onTestFinished(async () => {
    const drift = [
      ...(await client.inspector.verify('default')).drift,
      ...(await client.inspector.verifyDeep('default')).problems,
    ]
    await client.close()
    await redis.close()
    if (!/^evicted_keys:0\r$/m.test(await raw.info('stats'))) drift.push('keys were evicted')
    if (drift.length > 0) throw new Error(drift.join('; '))
  })
})

/** Enqueues until Redis takes no more. @returns what was acknowledged. */
async function fill(): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    try {
      ids.push((await client.enqueue('a', PAYLOAD)).id)
    } catch (error) {
      if (error instanceof DqError && error.code === 'out_of_memory') return ids
      throw error
    }
  }
}

const state = () => storedState(raw, 'dq', 'default')

async function claimed(want: number): Promise<{ nonce: string; id: string; type: string; extras: string }[]> {
  const reply = await broker.claim('default', { ...CLAIM, want, quotas: { high: want, default: want, low: want } })
  if (reply.word !== 'granted') throw new Error(`nothing to claim: ${reply.word}`)
  return reply.tasks.map(({ id, envelope }) => ({ nonce: reply.nonce, id, type: 'a', extras: envelope.extras }))
}

describe('a Redis that has reached its memory limit', () => {
  it('takes no new task, and nothing changes', async () => {
    await fill()
    const before = await state()
    for (const options of [{}, { delay: 1_000 }, { id: 'own' }, { idempotencyKey: 'k' }])
      await expect(client.enqueue('a', PAYLOAD, options)).rejects.toMatchObject({ code: 'out_of_memory' })
    await expect(client.enqueue('a', PAYLOAD)).rejects.toThrow(/maxmemory/)
    await expect(client.enqueueMany([{ type: 'a', payload: 1 }])).rejects.toMatchObject({ code: 'out_of_memory' })
    expect(await state()).toEqual(before)
  })

  it('lets everything else go on', async () => {
    const queue = 'default'
    await broker.enqueue(queue, [aTask('due', { type: 'a', when: 'in', timeMs: 1 })])
    const ids = await fill()
    const item = { verdict: 'dead' as const, delayMs: 0, line: 'error' }
    const [done, dead, later, back, stopped] = await claimed(5)
    expect(
      await broker.complete(queue, [
        { nonce: done!.nonce, type: 'a', resultTtlMs: 60_000, hasRecord: false, items: [{ ...done!, record: '{}' }] },
      ]),
    ).toEqual([['ok']])
    expect(await broker.fail(queue, [{ ...dead!, ...item }])).toEqual(['dead'])
    expect(await broker.fail(queue, [{ ...later!, ...item, verdict: 'retry' }])).toEqual(['retrying'])
    expect(await broker.release(queue, [{ ...back!, mode: 'front', delayMs: 0 }])).toEqual(['pending'])
    expect(await broker.cancel(queue, [stopped!.id, ids.at(-1)!, 'none'], 'me')).toEqual([
      'requested',
      'cancelled',
      'not_found',
    ])
    expect(await broker.renew(queue, [stopped!.nonce], 30_000)).toMatchObject([{ cancelled: [stopped!.id] }])
    expect(await broker.promote(queue)).toMatchObject({ moved: 2 })
    expect(await broker.purge(queue, [dead!.id], 'me', 'op', 60_000)).toEqual(['purged'])
    expect(await broker.undo(queue, [dead!.id], 'me', 'op')).toEqual(['restored'])
    expect(await broker.replay(queue, [dead!.id], 'me', 'op')).toMatchObject([{ word: 'replayed' }])
    expect(await broker.pause(queue, 'me', true)).toBe('paused')
    expect(await broker.pause(queue, 'me', false)).toBe('resumed')
    expect(await broker.sweep(queue)).toMatchObject({ more: false })
    expect(await broker.renew(queue, [stopped!.nonce], -1)).toMatchObject([{ lost: false }])
    expect(await broker.reap(queue, 30_000)).toMatchObject({ reaped: [{ id: stopped!.id, outcome: 'cancelled' }] })
    await expect(client.enqueue('a', PAYLOAD)).rejects.toMatchObject({ code: 'out_of_memory' })
  })

  it('tells of each task of a batch whether it was taken', async () => {
    const items = Array.from({ length: 6_000 }, () => ({ type: 'a', payload: PAYLOAD }))
    const results = await client.enqueueMany(items)
    const ids = results.flatMap((result) => ('error' in result ? [] : [result.id]))
    const errors = results.flatMap((result) => ('error' in result ? [result.error.code] : []))
    expect(new Set(errors)).toEqual(new Set(['out_of_memory']))
    expect(ids.length).toBeGreaterThan(0)
    expect(await raw.hlen('dq:{default}:tasks')).toBe(ids.length)
  })

  it('is drained by workers that start now, and takes tasks again', async () => {
    const done: string[] = []
    const ids = await fill()
    const worker = new Worker({ redisUrl: server.url, tasks: { a: (_payload, { id }) => void done.push(id) } })
    onTestFinished(() => worker.stop())
    await worker.start()
    await until(() => done.length === ids.length, { what: 'the queue to be empty' })
    expect(done.toSorted()).toEqual(ids.toSorted())
    const { id } = await client.enqueue('a', PAYLOAD)
    expect(await client.waitFor(id)).toMatchObject({ state: 'completed' })
  })
})
