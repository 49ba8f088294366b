import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../../src/core/index.ts'
import { endWithThisProcess } from '../helpers/guard.ts'
import { HANDLERS } from '../helpers/daemon.ts'
import { NODE, ROOT } from '../helpers/process.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import type { Target } from './connections.ts'
import { Probe } from './probe.ts'
import type { Keys } from './requests.ts'
import { PAYLOAD_MARK, QUEUES, SCHEDULES, TYPES } from './values.ts'

export const NAMESPACE = 'fuzz'
/** A queue that no request names: there work goes on whatever is sent. */
export const PROOF_QUEUE = 'proof'
const START_MS = 60_000

/** A daemon on a Redis of its own, with keys of all roles, and what it printed. */
export interface World {
  readonly server: RedisServer
  readonly client: Client
  readonly target: Target
  readonly keys: Keys
  readonly probe: Probe
  readonly stdout: () => Buffer
  readonly stderr: () => Buffer
  /** Whether the daemon still is the process that was started. */
  readonly isAlive: () => boolean
  /** SIGTERM. @returns how it ended, as a code or a signal. */
  readonly stop: () => Promise<number | string | null>
  readonly discard: () => Promise<void>
}

async function keysOf(client: Client, admin: string): Promise<Keys> {
  const make = async (role: 'viewer' | 'producer' | 'operator', queues?: readonly string[]): Promise<string> =>
    (await client.operator.keys.add({ role, name: role, queues })).key
  return {
    admin,
    viewer: await make('viewer'),
    producer: await make('producer'),
    operator: await make('operator'),
    own: await make('producer', ['own']),
  }
}

/** Something to ask for: tasks that run, fail, wait and depend, and a schedule. */
async function fill(client: Client): Promise<void> {
  const items = Array.from({ length: 120 }, (_, i) => ({
    type: TYPES[i % TYPES.length]!,
    payload: { a: i % 3, mark: PAYLOAD_MARK },
    queue: QUEUES[i % 3]!,
    id: `t-${i}`,
    ...(i % 5 === 0 ? { delay: '1h' } : {}),
  }))
  await client.enqueueMany(items)
  await client.enqueue('echo', 1, { queue: 'default', id: 't-200', dependsOn: ['t-0'] })
  await client.operator.saveSchedule({ name: SCHEDULES[0], spec: '@every 1h', type: 'echo', queue: 'mails' })
}

const matchIn = (bytes: Buffer, pattern: RegExp): RegExpExecArray | null => pattern.exec(bytes.toString('utf8'))

/** @param isBuilt `dist`, as it is installed; otherwise the sources. */
export async function startWorld(isBuilt: boolean): Promise<World> {
  const server = await startRedis()
  const client = new Client({ redisUrl: server.url, namespace: NAMESPACE })
  const folder = mkdtempSync(join(tmpdir(), 'dq-api-fuzz-'))
  const admin = `adm1n-${randomBytes(18).toString('base64url')}`
  const keys = await keysOf(client, admin)
  await fill(client)
  const [out, err] = [join(folder, 'out.log'), join(folder, 'err.log')]
  const [outFd, errFd] = [openSync(out, 'a'), openSync(err, 'a')]
  const main = isBuilt ? ['bin', 'dq-daemon.js'] : ['src', 'daemon', 'main.ts']
  const listen = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0', '--handlers', HANDLERS]
  const place = ['--redis-url', server.url, '--namespace', NAMESPACE]
  const served = [...QUEUES, PROOF_QUEUE].filter((queue) => queue !== 'aside').join(',')
  const args = [...listen, ...place, '--queues', served, '--log-level', 'debug', '--log-format', 'json']
  const child = spawn(NODE, ['--inspect=127.0.0.1:0', join(ROOT, ...main), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], API_KEY: admin },
    stdio: ['ignore', outFd, errFd],
  })
  closeSync(outFd)
  closeSync(errFd)
  await once(child, 'spawn')
  const release = endWithThisProcess(child.pid!, folder)
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const discard = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    await client.close()
    await server.stop()
    release()
    rmSync(folder, { recursive: true, force: true })
  }
  const find = (file: string, pattern: RegExp, what: string) =>
    until(
      () => matchIn(readFileSync(file), pattern) ?? (isAlive() ? undefined : Promise.reject(new Error('it ended'))),
      { timeoutMs: START_MS, what },
    )
  try {
    const [, port] = await find(out, /"daemon\.starting".*"api":"127\.0\.0\.1:(\d+)"/, 'the daemon to listen')
    await find(out, /"daemon\.started"/, 'the daemon to start')
    const [, url = ''] = await find(err, /listening on (ws:\/\/\S+)/, 'the inspector to listen')
    const probe = await Probe.attach(url)
    return {
      server,
      client,
      target: { host: '127.0.0.1', port: Number(port) },
      keys,
      probe,
      stdout: () => readFileSync(out),
      stderr: () => readFileSync(err),
      isAlive,
      async stop() {
        probe.close()
        child.kill('SIGTERM')
        const [code, signal] = await exited
        return code ?? signal
      },
      discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}
