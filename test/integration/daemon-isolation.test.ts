import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { aDaemon } from '../helpers/daemon.ts'
import { isAlive, ROOT } from '../helpers/process.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const ISOLATED = join(ROOT, 'test', 'fixtures', 'isolated.ts')

test('a handler file needs no word about its module, and its children end with their daemon', async () => {
  const { url, namespace } = await sharedRedis()
  const folder = mkdtempSync(join(tmpdir(), 'dq-isolation-'))
  const client = new Client({ redisUrl: url, namespace })
  onTestFinished(async () => {
    await client.close()
    rmSync(folder, { recursive: true })
  })
  const pids = (): number[] => {
    try {
      return readFileSync(file, 'utf8').trim().split('\n').map(Number)
    } catch {
      return [] // no handler has begun
    }
  }
  const file = join(folder, 'pids')
  const daemon = await aDaemon({ redisUrl: url, namespace, args: ['--handlers', ISOLATED, '--shutdown-grace', '0'] })
  const { id } = await client.enqueue('process.exits', { file, ms: 0 })
  await until(async () => (await client.getTask(id))?.state === 'dead', { what: 'the poisonous task to be dead' })
  expect((await client.getTask(id))?.error?.reason).toBe('poison')
  expect((await daemon.call('GET', '/livez')).status).toBe(200)

  await client.enqueue('process.exits', { file, ms: 600_000 })
  await until(() => pids().length === 4, { what: 'a handler to run in a child' })
  const child = pids()[3]!
  expect(child).not.toBe(daemon.process.pid)
  daemon.process.kill('SIGKILL')
  await until(() => !isAlive(child), { what: 'the child to end with its daemon' })
})
