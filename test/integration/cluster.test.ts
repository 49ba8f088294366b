import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client, openRedis, Worker } from '../../src/core/index.ts'
import { slotOf } from '../../src/core/cluster-slots.ts'
import { FORMAT } from '../../src/core/format.ts'
import { globalKeys, queueKeys } from '../../src/core/keys.ts'
import { type RedisCluster, startCluster } from '../helpers/cluster.ts'
import { until } from '../helpers/until.ts'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster({ nodeTimeoutMs: 2_000 })
}, 60_000)
afterAll(() => cluster.stop())

describe('a Redis Cluster', () => {
  it('has the slots that are computed here', async () => {
    const { admin } = cluster.nodes[0]!
    for (const key of ['dq:{default}:tasks', 'a', '', '{}x', 'x{}{y}', '{a}{b}', 'ä{ö}ü', 'x{'])
      expect([key, slotOf(key)]).toEqual([key, Number(await admin.cluster('KEYSLOT', key))])
  })

  it('runs tasks of queues that are on different nodes', async () => {
    const client = new Client({ redisUrl: cluster.url, namespace: 'a' })
    const done: string[] = []
    const queues = ['a', 'b', 'c', 'd', 'e', 'f']
    const worker = new Worker({
      redisUrl: cluster.url,
      namespace: 'a',
      queues,
      concurrency: 20,
      tasks: { t: async (payload) => void done.push(String(payload)) },
    })
    onTestFinished(async () => {
      await worker.stop()
      await client.close()
    })
    await worker.start()
    const items = Array.from({ length: 600 }, (_, i) => ({ type: 't', payload: i, queue: queues[i % 6]! }))
    const results = await client.enqueueMany(items)
    expect(results.filter((result) => 'error' in result)).toEqual([])
    await until(() => done.length >= 600, { timeoutMs: 20_000 })
    expect(new Set(done).size).toBe(600)
    for (const queue of queues)
      expect(
        await until(async () => {
          const r = await client.inspector.verifyDeep(queue)
          return r.ok && r
        }),
      ).toMatchObject({ ok: true, problems: [] })
    expect((await client.inspector.workers()).map(({ id }) => id)).toEqual([worker.id])
  })

  it('has one format in all of its nodes, and one that is not known is refused', async () => {
    const namespace = 'format'
    const client = new Client({ redisUrl: cluster.url, namespace })
    const redis = openRedis({ url: cluster.url })
    onTestFinished(async () => {
      await client.close()
      await redis.close()
    })
    const queues = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const queue of queues) await client.enqueue('t', 1, { queue })
    const { format } = globalKeys(namespace)
    const metas = queues.map((queue) => queueKeys(namespace, queue, '').meta)
    expect(await redis.call('GET', format)).toBe(String(FORMAT))
    for (const meta of metas) expect(await redis.call('HGET', meta, 'format')).toBe(String(FORMAT))
    for (const meta of metas) await redis.call('HDEL', meta, 'format')
    expect(await client.operator.planUpgrade()).toEqual({ from: FORMAT, to: FORMAT, queues: [], older: [] })
    await redis.call('SET', format, FORMAT + 1)
    await expect(client.enqueue('t', 1, { queue: 'another' })).rejects.toMatchObject({ code: 'format' })
    await expect(client.operator.planUpgrade()).rejects.toMatchObject({ code: 'format' })
    for (const meta of metas) await redis.call('HSET', meta, 'format', FORMAT + 1)
    for (const queue of queues)
      await expect(client.enqueue('t', 1, { queue })).rejects.toMatchObject({ code: 'format' })
  })

  it('works on after its primary was killed', async () => {
    const client = new Client({ redisUrl: cluster.url, namespace: 'b', timeoutMs: 30_000 })
    const done: string[] = []
    const worker = new Worker({
      redisUrl: cluster.url,
      namespace: 'b',
      tasks: { t: async (payload) => void done.push(String(payload)) },
    })
    onTestFinished(async () => {
      await worker.stop()
      await client.close()
    })
    await worker.start()
    await client.enqueue('t', 'before')
    await until(() => done.includes('before'))
    const primary = await cluster.primaryOf('b:{default}:tasks')
    await primary.server.kill9()
    const t0 = performance.now()
    await client.enqueue('t', 'after')
    console.log('enqueue after', performance.now() - t0)
    await until(() => done.includes('after'), { timeoutMs: 20_000 })
    console.log('done after', performance.now() - t0)
    await primary.server.restart()
    await cluster.settled()
  }, 60_000)
})
void openRedis
