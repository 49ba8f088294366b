import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { embeddedPlaces, findEmbedded, loadConnection } from '../../src/config.ts'
import { Client } from '../../src/core/index.ts'
import { endWithThisProcess } from '../helpers/guard.ts'
import { aDaemon, dqDaemon, idOf } from '../helpers/daemon.ts'
import { connect } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

interface Home {
  readonly env: { XDG_STATE_HOME: string; XDG_RUNTIME_DIR: string }
  /** Undefined when none runs. */
  readonly running: () => Promise<string | undefined>
}

/** State and runtime folders of their own. Whatever server runs there goes with this process at the latest. */
function aHome(deep = ''): Home {
  const folder = mkdtempSync(join(tmpdir(), 'dq-state-'))
  const env = { XDG_STATE_HOME: join(folder, deep), XDG_RUNTIME_DIR: folder }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { env, running: () => findEmbedded(env, 'dq') }
}

/** The process of a server, which this test must not leave behind. */
async function guard(url: string): Promise<number> {
  const redis = connect({ socketPath: decodeURIComponent(new URL(url).pathname) } as Parameters<typeof connect>[0])
  const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1])
  const durable = await redis.call('CONFIG', 'GET', 'appendonly')
  expect(durable).toEqual(['appendonly', 'yes'])
  redis.disconnect()
  onTestFinished(endWithThisProcess(pid))
  return pid
}

it('is started, found by the tools, ended with the daemon, and keeps its data', async () => {
  const { env, running } = aHome()
  const first = await aDaemon({ args: ['--embedded'], env })
  const url = await running()
  await guard(url!)
  expect(await loadConnection({}, env, '/')).toEqual({ redis: { url }, namespace: 'dq', origin: 'embedded' })
  const id = idOf(await first.call('POST', '/v1/tasks', { body: { type: 'echo', payload: 1, delay_ms: 3_600_000 } }))
  const client = new Client({ redisUrl: url })
  expect(await client.getTask(id)).toMatchObject({ state: 'scheduled' })
  await client.close()
  expect(await first.stop()).toEqual({ code: 0, signal: null })
  expect(await running()).toBeUndefined()
  const second = await aDaemon({ args: ['--embedded'], env })
  await guard((await running())!)
  expect((await second.call('GET', `/v1/tasks/${id}`)).json).toMatchObject({ state: 'scheduled' })
  expect(await second.stop()).toEqual({ code: 0, signal: null })
})

it('is shared by daemons, and ends with the last of them', async () => {
  const { env, running } = aHome()
  const [one, two] = await Promise.all([aDaemon({ args: ['--embedded'], env }), aDaemon({ args: ['--embedded'], env })])
  await guard((await running())!)
  expect((await one.call('GET', '/v1/workers')).json).toMatchObject({ items: [{}, {}] })
  await one.stop()
  expect(await two.call('GET', '/readyz')).toMatchObject({ status: 200 })
  await two.stop()
  expect(await running()).toBeUndefined()
})

it('survives a killed daemon, and is taken over by the next one', async () => {
  const { env, running } = aHome()
  const first = await aDaemon({ args: ['--embedded'], env })
  const pid = await guard((await running())!)
  first.process.kill('SIGKILL')
  await first.process.exit
  const second = await aDaemon({ args: ['--embedded'], env })
  expect(await guard((await running())!)).toBe(pid)
  await second.stop()
  expect(await running()).toBeUndefined()
})

it('has its socket elsewhere when the state folder lies too deep', async () => {
  const { env, running } = aHome('deep/'.repeat(30))
  const daemon = await aDaemon({ args: ['--embedded'], env })
  await guard((await running())!)
  const places = embeddedPlaces(env, 'dq')
  expect(places.socketFolder.startsWith(env.XDG_RUNTIME_DIR)).toBe(true)
  expect(existsSync(join(places.folder, 'appendonlydir'))).toBe(true)
  await daemon.stop()
})

it('needs a redis-server, and says so', async () => {
  const { env } = aHome()
  const check = dqDaemon(['check', '--embedded'], { env })
  expect(await check.exit).toEqual({ code: 0, signal: null })
  expect(check.stdout.at(-1)).toMatch(/^ok {4}\S+redis-server will be started for .*distributedq\/dq$/)
  const both = dqDaemon(['--embedded', '--redis-url', 'redis://127.0.0.1:1'], { env })
  expect(await both.exit).toEqual({ code: 2, signal: null })
  await until(() => both.stderr.length === 1)
})
