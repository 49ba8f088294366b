import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { probe, socketUrl } from '../../config.ts'
import { Client } from '../../core/client.ts'
import { findRedisServer } from '../../daemon/find-redis.ts'
import { Companion } from './processes.ts'

const START_MS = 30_000
const LOOK_EVERY_MS = 50
export const NAMESPACE = 'demo'

/** A module beside this one, compiled or not as this one is. */
const moduleFile = (path: string): string =>
  fileURLToPath(new URL(`${path}${extname(import.meta.url)}`, import.meta.url))

async function untilTrue(what: string, of: Companion, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_MS
  while (!(await condition())) {
    if (of.hasEnded) throw new Error(`${what} ended:\n${of.lastWords()}`)
    if (performance.now() > deadline)
      throw new Error(`${what} did not start within ${START_MS / 1_000} s:\n${of.lastWords()}`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** Everything the demo runs on: a folder, a Redis, a daemon and a client of them. */
export class Stage {
  readonly url: string
  readonly client: Client
  readonly #folder: string
  readonly #socket: string
  #redis: Companion | undefined
  #daemon: Companion | undefined

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'dq-demo-'))
    this.#socket = join(this.#folder, 'redis.sock')
    this.url = socketUrl(this.#socket)
    this.client = new Client({ redisUrl: this.url, namespace: NAMESPACE, by: 'demo' })
  }

  /** @throws Error that says what to install, or what did not start. */
  async startRedis(): Promise<void> {
    const program = findRedisServer()
    if (program === undefined)
      throw new Error('the demo needs redis-server 7.0 or newer on the PATH; install it and try again')
    const settings = ['--port', '0', '--unixsocket', this.#socket, '--unixsocketperm', '700', '--dir', this.#folder]
    const volatile = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction']
    this.#redis = await Companion.start(program, [...settings, ...volatile], {
      logFile: join(this.#folder, 'redis.log'),
      folder: this.#folder,
    })
    await untilTrue('redis-server', this.#redis, async () => (await probe(this.#socket)) === 'answers')
  }

  /** @returns once its worker takes tasks. */
  async startDaemon(): Promise<void> {
    const daemon = moduleFile('../../daemon/main')
    const options = {
      'redis-url': this.url,
      namespace: NAMESPACE,
      queues: 'default,mail,media',
      handlers: moduleFile('../demo-handlers'),
      concurrency: '20',
      'api-addr': '127.0.0.1:0',
      'metrics-addr': '127.0.0.1:0',
      'shutdown-grace': '3s',
      'log-format': 'json',
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    this.#daemon = await Companion.start(process.execPath, [daemon, ...args], {
      logFile: join(this.#folder, 'daemon.log'),
      folder: this.#folder,
    })
    await untilTrue('the daemon', this.#daemon, async () => {
      const workers = await this.client.inspector.workers()
      return workers.some((worker) => !worker.silent && worker.types.includes('email'))
    })
  }

  /** @throws Error when the daemon or Redis ended by itself. */
  check(): void {
    if (this.#redis?.hasEnded) throw new Error(`redis-server ended:\n${this.#redis.lastWords()}`)
    if (this.#daemon?.hasEnded) throw new Error(`the daemon ended:\n${this.#daemon.lastWords()}`)
  }

  async end(): Promise<void> {
    await this.#daemon?.end()
    await this.client.close()
    await this.#redis?.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
