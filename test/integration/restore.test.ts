import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { dq } from '../helpers/cli.ts'
import { aDaemon } from '../helpers/daemon.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const QUICK = ['--lease-ttl', '1s', '--reaper-interval', '200ms', '--queues', 'default,ticks']
const PLAIN = Array.from({ length: 100 }, (_, n) => `plain${n}`)

async function aServer(...args: string[]): Promise<RedisServer> {
  const server = await startRedis({ args })
  onTestFinished(() => server.stop())
  return server
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-backup-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function aClient(server: RedisServer, namespace = 'dq'): Client {
  const client = new Client({ redisUrl: server.url, namespace })
  onTestFinished(() => client.close())
  return client
}

const completed = async (client: Client, id: string): Promise<unknown> =>
  until(async () => (await client.getTask(id))?.state === 'completed', {
    what: `${id} to be completed`,
    timeoutMs: 20_000,
  })

/** A copy of a snapshot that Redis writes while it works. */
async function copySnapshot(server: RedisServer, folder: string): Promise<string[]> {
  const redis = connect(server)
  await redis.bgsave()
  await until(async () => (await redis.info('persistence')).includes('rdb_bgsave_in_progress:0'), {
    what: 'the snapshot',
  })
  redis.disconnect()
  cpSync(join(server.dir, 'dump.rdb'), join(folder, 'dump.rdb'))
  return []
}

/** A copy of the append-only file while it grows. Meanwhile it may not be written anew. */
async function copyAppendOnlyFile(server: RedisServer, folder: string): Promise<string[]> {
  const redis = connect(server)
  await redis.config('SET', 'auto-aof-rewrite-percentage', '0')
  await until(async () => (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'), {
    what: 'no rewrite',
  })
  redis.disconnect()
  cpSync(join(server.dir, 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true })
  return ['--appendonly', 'yes']
}

/** Every key under another namespace, as docs/UPGRADING.md says. */
async function rename(server: RedisServer, from: string, to: string): Promise<void> {
  const redis = connect(server)
  for (const key of await redis.keys(`${from}:{*`)) await redis.rename(key, to + key.slice(from.length))
  redis.disconnect()
}

it.each([
  ['a snapshot', 'dq', copySnapshot],
  ['a copy of the append-only file', 'dq', copyAppendOnlyFile],
  ['a snapshot, under another namespace', 'staging', copySnapshot],
])('from %s that was taken under load everything goes on as it was then', async (_, namespace, copy) => {
  const live = await aServer('--appendonly', 'yes')
  const before = aClient(live)
  const daemon = await aDaemon({ redisUrl: live.url, args: QUICK })
  await before.operator.saveSchedule({ name: 'tick', spec: '@every 1s', type: 'echo', queue: 'ticks' })
  await before.enqueue('stuck-once', {}, { id: 'held' })
  await before.enqueue('echo', {}, { id: 'later', delay: 1_500 })
  await before.enqueue('discard', {}, { id: 'dead' })
  await until(async () => (await before.getTask('held'))?.state === 'active', { what: 'a task to run' })
  await until(async () => (await before.getTask('dead'))?.state === 'dead', { what: 'a task to be dead' })
  const feeding = before.enqueueMany(PLAIN.map((id) => ({ type: 'echo', payload: {}, id })))
  const folder = aFolder()
  const args = await copy(live, folder)
  await feeding
  await before.enqueue('echo', {}, { id: 'after' })
  await completed(before, 'after')
  daemon.process.kill('SIGKILL')

  const restored = await aServer(...args, '--dir', folder)
  if (namespace !== 'dq') await rename(restored, 'dq', namespace)
  const place = { url: restored.url, namespace }
  const client = aClient(restored, namespace)
  expect(await dq(place, ['verify', '--deep'])).toMatchObject({ code: 0 })
  // As it was: it runs, by a worker that is not there, and nobody has heard of what came after.
  expect(await client.getTask('held')).toMatchObject({ state: 'active', attempt: 1 })
  expect(await client.getTask('after')).toBeUndefined()
  expect(await client.getTask('dead')).toMatchObject({ state: 'dead' })

  await aDaemon({ redisUrl: restored.url, namespace, args: QUICK })
  await completed(client, 'held')
  expect(await client.getTask('held')).toMatchObject({ attempt: 2 })
  await completed(client, 'later')
  const ticks = async (): Promise<number> =>
    (await client.inspector.tasks('ticks', 'completed', { limit: 100 })).items.length
  const had = await ticks()
  await until(async () => (await ticks()) > had, { what: 'the schedule to fire again' })
  const [known] = await client.inspector.snapshot(['default'])
  for (const id of PLAIN) if ((await client.getTask(id)) !== undefined) await completed(client, id)
  expect(known?.ledger).toEqual({ ok: true, drift: [] })
  await client.operator.enableSchedule('tick', false)
  expect(await dq(place, ['verify', '--deep'])).toMatchObject({ code: 0 })
})
