import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { slotOf } from '../../src/core/cluster-slots.ts'
import { FORMAT } from '../../src/core/format.ts'
import { Client, openRedis, Worker } from '../../src/core/index.ts'
import { globalKeys, queueKeys } from '../../src/core/keys.ts'
import { dq } from '../helpers/cli.ts'
import { type RedisCluster, startCluster } from '../helpers/cluster.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

/** They are on all three primaries. */
const QUEUES = ['a', 'b', 'c', 'd', 'e', 'f']
const WAIT = { timeoutMs: 30_000 }

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster({ nodeTimeoutMs: 2_000 })
}, 60_000)
afterAll(() => cluster.stop())

/** A client, and a worker of which each task is noted. */
async function atWork(namespace: string): Promise<{ client: Client; worker: Worker; done: string[] }> {
  const options = { redisUrl: cluster.url, namespace }
  const client = new Client({ ...options, timeoutMs: 30_000 })
  const done: string[] = []
  const note = (payload: unknown): void => void done.push(String(payload))
  const worker = new Worker({ ...options, queues: QUEUES, concurrency: 20, tasks: { t: async (n) => note(n) } })
  onTestFinished(async () => {
    await worker.stop()
    await client.close()
  })
  await worker.start()
  return { client, worker, done }
}

async function balances(client: Client): Promise<void> {
  for (const queue of QUEUES)
    await until(async () => expect(await client.inspector.verifyDeep(queue)).toMatchObject({ ok: true, problems: [] }))
}

describe('a Redis Cluster', () => {
  it('has the slots that are computed here', async () => {
    const { admin } = cluster.nodes[0]!
    for (const key of ['dq:{default}:tasks', 'a', '', '{}x', 'x{}{y}', '{a}{b}', 'ä{ö}ü', 'x{'])
      expect([key, slotOf(key)]).toEqual([key, await admin.cluster('KEYSLOT', key)])
  })

  it('runs tasks of queues that are on different nodes, and flows over them', async () => {
    const { client, worker, done } = await atWork('a')
    const items = Array.from({ length: 600 }, (_, i) => ({ type: 't', payload: i, queue: QUEUES[i % 6]! }))
    const results = await client.enqueueMany(items)
    expect(results.filter((result) => 'error' in result)).toEqual([])
    const [parent, child] = ['parent', 'child']
    await client.enqueue('t', parent, { id: parent, queue: 'a', delay: 200 })
    await client.enqueue('t', child, { queue: 'c', dependsOn: [{ id: parent, queue: 'a' }] })
    await until(() => done.length >= 602, WAIT)
    expect(new Set(done).size).toBe(602)
    expect(done.indexOf(parent)).toBeLessThan(done.indexOf(child))
    await balances(client)
    expect((await client.inspector.workers()).map(({ id }) => id)).toEqual([worker.id])
    expect((await client.inspector.snapshot()).map(({ name }) => name)).toEqual(QUEUES)
    expect((await client.getTask(parent))?.state).toBe('completed')
  })

  it('has one format on all of its nodes, and refuses those who do not know it', async () => {
    const namespace = 'format'
    const client = new Client({ redisUrl: cluster.url, namespace })
    const redis = openRedis({ url: cluster.url })
    onTestFinished(async () => {
      await client.close()
      await redis.close()
    })
    for (const queue of QUEUES) await client.enqueue('t', 1, { queue })
    const { format } = globalKeys(namespace)
    const metas = QUEUES.map((queue) => queueKeys(namespace, queue, '').meta)
    expect(await redis.call('GET', format)).toBe(String(FORMAT))
    for (const meta of metas) expect(await redis.call('HGET', meta, 'format')).toBe(String(FORMAT))
    expect(await client.operator.planUpgrade()).toEqual({ from: FORMAT, to: FORMAT, queues: [], older: [] })
    await redis.call('SET', format, FORMAT + 1)
    await expect(client.enqueue('t', 1, { queue: 'another' })).rejects.toMatchObject({ code: 'format' })
    await expect(client.operator.planUpgrade()).rejects.toMatchObject({ code: 'format' })
    for (const meta of metas) await redis.call('HSET', meta, 'format', FORMAT + 1)
    for (const queue of QUEUES)
      await expect(client.enqueue('t', 1, { queue })).rejects.toMatchObject({ code: 'format' })
  })

  it('works on when a primary is killed, and when one hangs', async () => {
    const { client, done } = await atWork('b')
    for (const strike of ['kill9', 'freeze'] as const) {
      const { server } = await cluster.primaryOf('b:{a}:tasks')
      await server[strike]()
      await client.enqueueMany(QUEUES.map((queue) => ({ type: 't', payload: `${strike} ${queue}`, queue, id: strike })))
      await until(() => QUEUES.every((queue) => done.includes(`${strike} ${queue}`)), WAIT)
      expect((await cluster.primaryOf('b:{a}:tasks')).server).not.toBe(server)
      if (strike === 'freeze') server.thaw()
      else await server.restart()
      await cluster.settled()
    }
    await balances(client)
  }, 120_000)

  it('is looked at by dq doctor, every primary of it', async () => {
    const { client } = await atWork('d')
    const { server, admin } = await cluster.primaryOf('d:{a}:tasks')
    const rows = async (): Promise<Readonly<Record<string, string>>> => {
      const { out } = await dq({ url: cluster.url, namespace: 'd' }, ['doctor', '--json'])
      const told = JSON.parse(out) as { rows: { what: string; level: string; text: string }[] }
      return Object.fromEntries(told.rows.map(({ what, level, text }) => [what, `${level} ${text}`]))
    }
    expect(await rows()).toMatchObject({
      mode: 'ok a primary of a cluster with replicas: 1',
      books: expect.any(String),
    })
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const told = await rows()
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    expect(told['eviction']).toMatch(new RegExp(`^fail the server of port ${server.port}: Redis evicts`))
    expect(await client.inspector.redisInfo()).toMatchObject({ evictionPolicy: 'noeviction', evictedKeys: 0 })
  })

  it('says so when it is none', async () => {
    const server: RedisServer = await startRedis({ tcp: true })
    const redis = openRedis({ url: `redis-cluster://127.0.0.1:${server.port}` })
    onTestFinished(async () => {
      redis.drop()
      await server.stop()
    })
    await expect(redis.ready()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('it is no cluster: give redis://host:port') as string,
    })
  })
})
