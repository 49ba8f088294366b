import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect as openSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker as Thread } from 'node:worker_threads'
import { Redis, type RedisOptions } from 'ioredis'
import { findRedisServer } from '../../scripts/lib/tools.mjs'
import { endWithThisProcess } from './guard.ts'
import type { ProxyThreadData } from './proxy-thread.ts'
import { until } from './until.ts'

export interface RedisServer {
  /** `unix:///…/r.sock`, or `redis://127.0.0.1:<port>`. With DQ_TEST_PROXY, of a proxy that is in the way. */
  readonly url: string
  readonly socketPath: string | undefined
  readonly port: number | undefined
  /** Of the present process: another after `restart()`. */
  readonly pid: number
  /** Holds the socket, the log and whatever Redis persists. */
  readonly dir: string
  /** Ends the server and removes its folder. Harmless when repeated. */
  stop(): Promise<void>
  /** As a crash: nothing more is written to disk. The folder stays, for `restart()`. */
  kill9(): Promise<void>
  /** Ends the server in its own way if it runs, and starts it again on the same address and folder. */
  restart(): Promise<void>
  /** Stops the process from running, as a hung machine; clients see silence. */
  freeze(): void
  thaw(): void
}

export interface StartRedisOptions {
  /** Listen on a free TCP port of 127.0.0.1 instead of a unix socket. */
  tcp?: boolean
  /** Further settings, as on the command line: `['--maxmemory', '4mb']`. By default nothing is persisted. */
  args?: readonly string[]
}

/** Starts a real redis-server of its own, ready when this resolves. It never outlives the test process. */
export async function startRedis({ tcp = false, args = [] }: StartRedisOptions = {}): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'dq-redis-'))
  const port = tcp ? await freePort() : undefined
  const socketPath = tcp ? undefined : join(dir, 'r.sock')
  const listen =
    socketPath === undefined
      ? ['--bind', '127.0.0.1', '--port', String(port)]
      : ['--port', '0', '--unixsocket', socketPath]
  const base = ['--save', '', '--appendonly', 'no', '--dir', dir]
  const launch = (): Promise<Running> => launchRedis([...listen, ...base, ...args], dir, socketPath ?? port ?? 0)
  let running = await launch().catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true })
    throw error
  })
  const proxy = await proxyBefore(socketPath, port)
  const url = socketPath === undefined ? `redis://127.0.0.1:${port}` : `unix://${socketPath}`
  return {
    url: proxy?.url ?? url,
    socketPath,
    port,
    dir,
    get pid() {
      return running.pid
    },
    async stop() {
      await proxy?.end()
      await running.end('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
    kill9: () => running.end('SIGKILL'),
    async restart() {
      await running.end('SIGTERM')
      running = await launch()
    },
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
  }
}

/** `DQ_TEST_PROXY=20,0.01`: what uses `url` has 20 ms in each direction, and of 100 scripts one loses its answer. */
async function proxyBefore(
  path: string | undefined,
  port: number | undefined,
): Promise<{ url: string; end: () => Promise<unknown> } | undefined> {
  const setting = process.env['DQ_TEST_PROXY']
  if (setting === undefined) return undefined
  const [latencyMs = 0, cutChance = 0] = setting.split(',').map(Number)
  const workerData: ProxyThreadData = { path, port, latencyMs, cutChance }
  const thread = new Thread(new URL('./proxy-thread.ts', import.meta.url), { workerData })
  const [proxyPort] = (await once(thread, 'message')) as [number]
  thread.unref()
  return { url: `redis://127.0.0.1:${proxyPort}`, end: () => thread.terminate() }
}

export interface Running {
  readonly pid: number
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** One process, ready when this resolves. @param address where it listens: a socket or a port. */
export async function launchRedis(args: readonly string[], dir: string, address: string | number): Promise<Running> {
  const program = findRedisServer()
  if (program === undefined) throw new Error('these tests need redis-server 7.0 or newer; `npm test` installs it')
  const logFile = join(dir, 'redis.log')
  const log = openSync(logFile, 'a')
  const child = spawn(program, args, { stdio: ['ignore', log, log] })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  const pid = child.pid!
  const release = endWithThisProcess(pid, dir)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    await endChild(child, signal)
    release()
  }
  try {
    await until(async () => hasEnded(child) || (await answers(address)), { what: 'redis-server to answer' })
    if (hasEnded(child)) throw new Error('redis-server ended at once')
  } catch (cause) {
    await end('SIGKILL')
    throw new Error(`redis-server did not start:\n${readFileSync(logFile, 'utf8')}`, { cause })
  }
  return { pid, end }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function endChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return
  child.ref()
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/** One PING over a bare connection. A server that asks for a password is ready too. */
async function answers(address: string | number): Promise<boolean> {
  const socket = typeof address === 'number' ? openSocket(address, '127.0.0.1') : openSocket(address)
  try {
    socket.write('PING\r\n')
    const [reply] = await once(socket, 'data')
    return /^(\+PONG|-NOAUTH)/.test(String(reply))
  } catch {
    return false // not listening yet: the socket is absent or refuses
  } finally {
    socket.destroy()
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

let shared: Promise<RedisServer> | undefined

/** The one server of this test worker, started at the first call, with a namespace that no other caller has. */
export async function sharedRedis(): Promise<{ server: RedisServer; url: string; namespace: string }> {
  shared ??= startRedis()
  const server = await shared
  return { server, url: server.url, namespace: `t${randomBytes(6).toString('hex')}` }
}

/** A plain connection, for looking at what is stored. The caller ends it. */
export function connect(server: RedisServer, options: Omit<RedisOptions, 'replyMapping'> = {}): Redis {
  const address = server.socketPath === undefined ? { port: server.port ?? 0 } : { path: server.socketPath }
  return new Redis({ ...options, ...address })
}
