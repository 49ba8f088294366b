import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { shaOf } from '../../src/core/script-sha.ts'
import { SCRIPTS } from '../../src/core/scripts.ts'
import { aDaemon, call, idOf, type RunningDaemon } from '../helpers/daemon.ts'
import { startProxy } from '../helpers/proxy.ts'
import { connect, type RedisServer, startRedis, type StartRedisOptions } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

async function aRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options)
  onTestFinished(() => server.stop())
  return server
}

const wordOf = async (daemon: RunningDaemon, path: string): Promise<string> => (await daemon.call('GET', path)).text
const ready = (daemon: RunningDaemon): Promise<string> => wordOf(daemon, '/readyz')

async function untilDone(client: Client, id: string): Promise<void> {
  await until(async () => (await client.getTask(id))?.state === 'completed', { what: `${id} to be done` })
}

async function expectSound(client: Client): Promise<void> {
  for (const queue of await client.inspector.queueNames()) {
    expect((await client.inspector.verify(queue)).drift).toEqual([])
    expect((await client.inspector.verifyDeep(queue)).problems).toEqual([])
  }
  await client.close()
}

it('is not ready as soon as Redis hangs, stays alive, and is ready again when it answers', async () => {
  const server = await aRedis()
  const daemon = await aDaemon({ redisUrl: server.url })
  expect(await ready(daemon)).toBe('ok')
  server.freeze()
  onTestFinished(() => server.thaw())
  const few = { timeoutMs: 4_000, what: 'the daemon to notice' }
  await until(async () => (await ready(daemon)) === 'redis', few)
  expect(await wordOf(daemon, '/livez')).toBe('ok')
  server.thaw()
  await until(async () => (await ready(daemon)) === 'ok')
  const client = new Client({ redisUrl: server.url })
  await untilDone(client, idOf(await daemon.call('POST', '/v1/tasks', { body: { type: 'echo', payload: {} } })))
  await expectSound(client)
})

it('is not ready while its claim loop does not turn, though Redis answers', async () => {
  const server = await aRedis({ tcp: true })
  const proxy = await startProxy({ port: server.port! })
  onTestFinished(() => proxy.close())
  const daemon = await aDaemon({ redisUrl: proxy.url })
  let isBroken = true
  const isClaim = (command: string, [sha]: readonly string[]): boolean =>
    isBroken && command === 'EVALSHA' && sha === shaOf('claim', SCRIPTS.claim.lua)
  proxy.answer(isClaim, 'ERR no claims today', Infinity)
  const client = new Client({ redisUrl: server.url })
  const { id } = await client.enqueue('echo', {})
  await until(async () => (await ready(daemon)) === 'stalled', { timeoutMs: 25_000, everyMs: 100 })
  expect(await wordOf(daemon, '/livez')).toBe('ok')
  isBroken = false
  await until(async () => (await ready(daemon)) === 'ok')
  await untilDone(client, id)
  await expectSound(client)
})

it('says of each of its loops when it last turned', async () => {
  const server = await aRedis()
  const daemon = await aDaemon({ redisUrl: server.url })
  const page = async (): Promise<string> => (await call(daemon.metrics, 'GET', '/metrics')).text
  const ages = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      Array.from((await page()).matchAll(/^distributedq_loop_last_turn_seconds\{loop="(\w+)"\} (\S+)$/gm), (found) => [
        found[1]!,
        Number(found[2]),
      ]),
    )
  expect(Object.keys(await ages()).toSorted()).toEqual(
    expect.arrayContaining(['claims', 'heartbeat', 'queues', 'reaper', 'scheduler']),
  )
  server.freeze()
  onTestFinished(() => server.thaw())
  await until(async () => (await ages())['claims']! > 5, { timeoutMs: 20_000 })
  server.thaw()
  await until(async () => Object.values(await ages()).every((age) => age < 5))
})

it('goes on trying, slowly and loudly, when Redis refuses its credentials while it runs', async () => {
  const server = await aRedis({ args: ['--requirepass', 'right'] })
  const daemon = await aDaemon({ redisUrl: server.url, env: { REDIS_PASSWORD: 'right' } })
  const admin = connect(server, { password: 'right' })
  onTestFinished(() => admin.disconnect())
  await admin.config('SET', 'requirepass', 'another')
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until(async () => (await ready(daemon)) === 'redis')
  await daemon.process.waitForLine(/"level":"error".*"redis\.refused".*WRONGPASS.*trying again slowly/)
  expect(await wordOf(daemon, '/livez')).toBe('ok')
  await admin.config('SET', 'requirepass', 'right')
  await until(async () => (await ready(daemon)) === 'ok', { timeoutMs: 20_000 })
  expect(daemon.process.stdout.filter((line) => line.includes('redis.refused'))).toHaveLength(1)
  const connections = /total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]
  expect(Number(connections)).toBeLessThan(80)
})

it('goes on with its other queues when a key of one holds something foreign', async () => {
  const server = await aRedis()
  const raw = connect(server)
  onTestFinished(() => raw.disconnect())
  const client = new Client({ redisUrl: server.url })
  const sick = queueKeys('dq', 'sick', 'test')
  await client.enqueue('echo', {}, { queue: 'sick', delay: 60_000 })
  for (const key of [sick.pending_default, sick.leases, sick.tombs]) await raw.set(key, 'foreign')
  const daemon = await aDaemon({ redisUrl: server.url, args: ['--queues', 'sick,well', '--reaper-interval', '500ms'] })
  await daemon.process.waitForLine(/"level":"error".*WRONGTYPE/)
  await untilDone(client, (await client.enqueue('echo', {}, { queue: 'well' })).id)
  expect(await ready(daemon)).toBe('ok')
  await until(async () =>
    /queue_depth\{queue="main_queue",name="well"/.test((await call(daemon.metrics, 'GET', '/metrics')).text),
  )
  for (const key of [sick.pending_default, sick.leases, sick.tombs]) await raw.del(key)
  await untilDone(client, (await client.enqueue('echo', {}, { queue: 'sick' })).id)
  await expectSound(client)
})
