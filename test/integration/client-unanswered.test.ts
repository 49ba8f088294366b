import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import type { ClientOptions } from '../../src/core/client-options.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { type FaultProxy, startProxy } from '../helpers/proxy.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

interface Line {
  readonly server: RedisServer
  readonly proxy: FaultProxy
  /** Through the proxy. */
  readonly client: Client
  readonly redis: RedisClient
  /** Beside the proxy. */
  readonly direct: Client
}

/** A Redis of its own behind a proxy, and a client of it. The books balance at the end. */
async function aLine(options: ClientOptions = {}): Promise<Line> {
  const server = await startRedis({ tcp: true, args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const proxy = await startProxy({ port: server.port! })
  const redis = openRedis({ url: proxy.url })
  const direct = new Client({ redisUrl: server.url })
  const client = new Client({ ...options, redis })
  await client.enqueue('warm', {}, { queue: 'other' })
  onTestFinished(async () => {
    expect((await direct.inspector.verify('default')).drift).toEqual([])
    expect((await direct.inspector.verifyDeep('default')).problems).toEqual([])
    await client.close()
    await direct.close()
    redis.drop()
    await proxy.close()
    await server.stop()
  })
  return { server, proxy, client, redis, direct }
}

async function pendingIds({ direct }: Line): Promise<string[]> {
  return (await direct.inspector.tasks('default', 'pending')).items.map(({ id }) => id)
}

const isScript = (command: string): boolean => command === 'EVALSHA' || command === 'EVAL'

describe('a change whose answer is lost', () => {
  it('is made once, and answered as if nothing had been lost: enqueue', async () => {
    const line = await aLine()
    line.proxy.cutNth(1, isScript)
    const result = await line.client.enqueue('a', 1)
    expect(result.outcome).toBe('enqueued')
    expect(line.proxy.counts.cuts).toBe(1)
    expect(await pendingIds(line)).toEqual([result.id])
  })

  it('is made once: every change by hand', async () => {
    const line = await aLine()
    const { client, proxy, direct } = line
    const { operator } = client
    const ids = (await direct.enqueueMany(Array.from({ length: 3 }, () => ({ type: 'a', payload: 1 })))).map((one) =>
      'error' in one ? '' : one.id,
    )
    const cut = <T>(work: () => Promise<T>): Promise<T> => {
      proxy.cutNth(1, isScript)
      return work()
    }
    expect(await cut(() => operator.pause('default'))).toBe('paused')
    expect(await cut(() => operator.resume('default'))).toBe('resumed')
    expect(await cut(() => operator.cancel('default', [ids[0]!]))).toEqual(['cancelled'])
    expect(await cut(() => operator.purge('default', [ids[1]!]))).toMatchObject({ purged: [], skipped: [ids[1]] })
    expect(await cut(() => operator.replay('default', [ids[1]!]))).toMatchObject({ replayed: [], skipped: [ids[1]] })
    expect(proxy.counts.cuts).toBe(5)
    expect(await pendingIds(line)).toEqual(ids.slice(1))
  })
})

describe('while Redis', () => {
  it('hangs, an enqueue waits, and is done once it answers', async () => {
    const line = await aLine()
    line.server.freeze()
    const enqueued = line.client.enqueue('a', 1)
    await until(() => !line.redis.isUp, { timeoutMs: 15_000 })
    line.server.thaw()
    const { id, outcome } = await enqueued
    expect([outcome, await pendingIds(line)]).toEqual(['enqueued', [id]])
  })

  it('is away, an enqueue waits, and is done once it is back', async () => {
    const line = await aLine()
    await line.server.kill9()
    await until(() => !line.redis.isUp)
    const enqueued = line.client.enqueue('a', 1)
    await line.server.restart()
    const { id, outcome } = await enqueued
    expect([outcome, await pendingIds(line)]).toEqual(['enqueued', [id]])
  })

  it('is away for longer than the client waits, the error says why, and what can safely be done', async () => {
    const line = await aLine({ timeoutMs: 6_000 })
    await line.server.kill9()
    await until(() => !line.redis.isUp)
    await expect(line.client.enqueue('a', 1)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^cannot reach Redis at .*given up after 6000 ms.*can safely be sent again$/),
    })
    await line.server.restart()
  })

  it('hangs for longer than the client waits, nobody knows the outcome, and the same id can be sent again', async () => {
    const line = await aLine({ timeoutMs: 300 })
    line.server.freeze()
    const first = line.client.enqueue('a', 1, { id: 'one' })
    await expect(first).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(
        /did not answer in time; given up after 300 ms.*not known.*can safely be sent again$/,
      ),
    })
    line.server.thaw()
    const again = await until(() => line.client.enqueue('a', 1, { id: 'one' }))
    expect(again.id).toBe('one')
    expect(await pendingIds(line)).toEqual(['one'])
  })
})

describe('an error reply', () => {
  it.each([
    ['LOADING Redis is loading the dataset in memory'],
    ["READONLY You can't write against a read only replica."],
    ['BUSY Redis is busy running a script.'],
    ['CLUSTERDOWN The cluster is down'],
    ['TRYAGAIN Multiple keys request during rehashing of slot'],
  ])('that waiting mends is waited out: %s', async (reply) => {
    const line = await aLine()
    line.proxy.answer(isScript, reply, 2)
    const { id } = await line.client.enqueue('a', 1)
    expect(await pendingIds(line)).toEqual([id])
  })

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'out_of_memory'],
    ['NOPERM this user has no permissions to run the evalsha command', 'credentials'],
    ['NOAUTH Authentication required.', 'credentials'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'broken_reply'],
  ])('that waiting does not mend is told at once: %s', async (reply, code) => {
    const line = await aLine()
    line.proxy.answer(isScript, reply, 1)
    await expect(line.client.enqueue('a', 1)).rejects.toMatchObject({ code })
    expect(await pendingIds(line)).toEqual([])
  })

  it('of a command that a script may not run is about the credentials', async () => {
    const line = await aLine()
    await line.redis.call('ACL', 'SETUSER', 'weak', 'on', '>pw', '~*', '&*', '+@all', '-hset')
    const weak = new Client({ redisUrl: line.server.url.replace('redis://', 'redis://weak:pw@') })
    await expect(weak.enqueue('a', 1)).rejects.toMatchObject({ code: 'credentials' })
    await weak.close()
    expect(await pendingIds(line)).toEqual([])
  })
})

describe('a connection', () => {
  it('whose password is wrong fails every call at once, and works once Redis takes it', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right'] })
    onTestFinished(() => server.stop())
    const redis = openRedis({ url: server.url, password: 'wrong', answerMs: 600_000 })
    onTestFinished(() => redis.drop())
    for (let i = 0; i < 2; i++)
      await expect(redis.call('PING')).rejects.toMatchObject({
        code: 'credentials',
        message: expect.not.stringContaining('wrong'),
      })
    const admin = openRedis({ url: server.url, password: 'right' })
    await admin.call('CONFIG', 'SET', 'requirepass', 'wrong')
    await admin.close()
    await until(() => redis.isUp)
    expect(await redis.call('PING')).toBe('PONG')
  })

  it('is not taken for lost when this process was the one that did not react', async () => {
    const { redis } = await aLine()
    const downs: unknown[] = []
    redis.onState((state) => void downs.push(state))
    const answer = redis.call('PING')
    const endAt = performance.now() + 5_500
    while (performance.now() < endAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    expect(await answer).toBe('PONG')
    expect(await redis.call('PING')).toBe('PONG')
    expect(downs).toEqual([])
  })

  it('that is refused is told at once, unless its user is patient', async () => {
    const server = await startRedis({ tcp: true })
    onTestFinished(() => server.stop())
    await server.kill9()
    const redis = openRedis({ url: server.url })
    onTestFinished(() => redis.drop())
    await expect(redis.ready(60_000)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    const patient = redis.ready(60_000, { patient: true })
    await server.restart()
    await patient
    expect(redis.isUp).toBe(true)
  })

  it('to a socket that is not there is told at once', async () => {
    const redis = openRedis({ url: 'unix:///nowhere/redis.sock' })
    onTestFinished(() => redis.drop())
    await expect(redis.ready(60_000)).rejects.toMatchObject({ message: expect.stringContaining('ENOENT') })
  })
})
