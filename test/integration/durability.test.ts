import { describe, expect, it, onTestFinished } from 'vitest'
import { Client, type Durability } from '../../src/core/index.ts'
import { startProxy } from '../helpers/proxy.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

async function aServer(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis({ tcp: true, args })
  onTestFinished(() => server.stop())
  return server
}

function clientOf(redisUrl: string): Client {
  const client = new Client({ redisUrl })
  onTestFinished(() => client.close())
  return client
}

/** A primary and one replica that follows it. */
async function aPair(): Promise<{ primary: RedisServer; replica: RedisServer; client: Client }> {
  const primary = await aServer('--repl-diskless-sync-delay', '0')
  const replica = await aServer('--replicaof', '127.0.0.1', String(primary.port))
  const redis = connect(primary)
  await until(async () => (await redis.info('replication')).includes('state=online'), { timeoutMs: 20_000 })
  redis.disconnect()
  return { primary, replica, client: clientOf(primary.url) }
}

const durable = (durability: Durability) => ({ durability, queue: 'q' })

describe('a task that has to be durable', () => {
  it('is on a replica when the reply says so', async () => {
    const { replica, client } = await aPair()
    const { id, ...reply } = await client.enqueue('t', 1, durable('replica'))
    expect(reply).toEqual({ outcome: 'enqueued', durability: 'replica' })
    const redis = connect(replica)
    expect(await redis.hexists('dq:{q}:tasks', id)).toBe(1)
    redis.disconnect()
  })

  it('is told to be in memory only when no replica has it in time, also when it is sent again', async () => {
    const { replica, client } = await aPair()
    replica.freeze()
    expect(await client.enqueue('t', 1, { ...durable('replica'), id: 'a' })).toMatchObject({ durability: 'memory' })
    expect(await client.enqueue('t', 1, { ...durable('replica'), id: 'a' })).toEqual({
      id: 'a',
      outcome: 'duplicate',
      durability: 'memory',
    })
    replica.thaw()
    expect(await client.enqueue('t', 1, { ...durable('replica'), id: 'a' })).toMatchObject({ durability: 'replica' })
  })

  it('keeps no other task waiting', async () => {
    const { replica, client } = await aPair()
    replica.freeze()
    const order: string[] = []
    const slow = client.enqueue('t', 1, durable('replica')).then(() => order.push('replica'))
    await client.enqueue('t', 2, { queue: 'q' })
    order.push('memory')
    await slow
    expect(order).toEqual(['memory', 'replica'])
    replica.thaw()
  })

  it('is one of a batch in which each gets what it asked for', async () => {
    const { client } = await aPair()
    const items = [undefined, 'replica', 'memory', 'replica'].map((durability, payload) => ({
      type: 't',
      payload,
      queue: 'q',
      durability: durability as Durability | undefined,
    }))
    const results = await client.enqueueMany(items)
    expect(results.map((one) => ('error' in one ? one.error : one.durability))).toEqual([
      undefined,
      'replica',
      undefined,
      'replica',
    ])
  })

  it('is on the disk where Redis writes it there before it answers', async () => {
    const server = await aServer('--appendonly', 'yes', '--appendfsync', 'always')
    const client = clientOf(server.url)
    expect(await client.enqueue('t', 1, { ...durable('fsync'), id: 'a' })).toMatchObject({ durability: 'fsync' })
    await server.kill9()
    await server.restart()
    await until(async () => (await client.getTask('a'))?.state === 'pending')
  })

  it('is enqueued on a connection that ends with its client', async () => {
    const server = await aServer('--appendonly', 'yes', '--appendfsync', 'always')
    const client = new Client({ redisUrl: server.url })
    const redis = connect(server)
    const names = async (): Promise<string> => String(await redis.call('CLIENT', 'LIST'))
    await client.enqueue('t', 1, durable('fsync'))
    expect(await names()).toContain('name=dq-client-durable')
    await client.close()
    await until(async () => !(await names()).includes('name=dq-client'), { what: 'its connections to end' })
    redis.disconnect()
  })

  it('is told to be in memory only once the disk is no longer waited for', async () => {
    const server = await aServer('--appendonly', 'yes', '--appendfsync', 'always')
    const client = clientOf(server.url)
    expect(await client.enqueue('t', 1, durable('fsync'))).toMatchObject({ durability: 'fsync' })
    const redis = connect(server)
    const hasWaitAof = ((await redis.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[])[0] !== null
    await redis.config('SET', 'appendfsync', 'everysec')
    redis.disconnect()
    expect(await client.enqueue('t', 2, durable('fsync'))).toMatchObject({
      durability: hasWaitAof ? 'fsync' : 'memory',
    })
  })

  it('is refused, and not enqueued, where nobody can say when it is on the disk', async () => {
    const server = await aServer('--appendonly', 'no')
    const client = clientOf(server.url)
    await expect(client.enqueue('t', 1, { ...durable('fsync'), id: 'a' })).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('durability fsync needs Redis 7.2 or newer') as string,
    })
    expect(await client.getTask('a')).toBeUndefined()
  })

  it('is refused, and not enqueued, where what is on the disk could be told but nothing is written there', async () => {
    const plain = await aServer('--appendonly', 'no')
    const redis = connect(plain)
    const hasWaitAof = ((await redis.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[])[0] !== null
    redis.disconnect()
    // Before 7.2: another command of that name that answers with an error as well.
    const server = hasWaitAof ? plain : await aServer('--rename-command', 'WAIT', 'WAITAOF', '--appendonly', 'no')
    const client = clientOf(server.url)
    await expect(client.enqueue('t', 1, { ...durable('fsync'), id: 'a' })).rejects.toMatchObject({
      code: 'not_supported',
    })
    expect(await client.getTask('a')).toBeUndefined()
  })

  it('is not told to be on the disk by a server that does not sync during a rewrite', async () => {
    const server = await aServer('--appendonly', 'yes', '--appendfsync', 'always', '--no-appendfsync-on-rewrite', 'yes')
    const redis = connect(server)
    const hasWaitAof = ((await redis.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[])[0] !== null
    redis.disconnect()
    const enqueued = clientOf(server.url).enqueue('t', 1, durable('fsync'))
    const told = await enqueued.then(
      ({ durability }) => durability,
      (error: unknown) => (error as { code: unknown }).code,
    )
    expect(told).toBe(hasWaitAof ? 'fsync' : 'not_supported')
  })

  it('is enqueued once however often its answer is lost, and the level is of the last answer', async () => {
    const { primary } = await aPair()
    const proxy = await startProxy({ port: primary.port! })
    onTestFinished(() => proxy.close())
    const client = clientOf(proxy.url)
    await client.enqueue('t', 0, durable('replica'))
    proxy.cutNth(1, (command) => command === 'EVALSHA')
    expect(await client.enqueue('t', 1, durable('replica'))).toMatchObject({
      outcome: 'enqueued',
      durability: 'replica',
    })
    expect((await client.inspector.snapshot(['q']))[0]!.pending).toMatchObject({ default: 2 })
  })
})
