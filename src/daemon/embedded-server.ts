import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedPlaces, probe, socketUrl } from '../config.ts'
import { findRedisServer } from './find-redis.ts'
import { StartError } from './start-error.ts'

const START_MOST_MS = 30_000
const LOOK_EVERY_MS = 20

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * A redis-server that belongs to the daemons of one namespace on this machine: the first one starts it, others share it,
 * the last one ends it. After a crash of the daemon it goes on, and the next daemon takes it over.
 */
export class EmbeddedServer {
  readonly url: string
  readonly #places: EmbeddedPlaces
  #joined = false

  constructor(places: EmbeddedPlaces) {
    this.#places = places
    this.url = socketUrl(places.socket)
  }

  get #users(): string {
    return join(this.#places.folder, 'daemons')
  }

  /** @throws StartError when there is no redis-server, or it does not start. */
  async start(): Promise<void> {
    mkdirSync(this.#users, { recursive: true, mode: 0o700 })
    this.#ownFolder()
    await this.#alone(async () => {
      if ((await this.#state()) === 'absent') await this.#launch()
      writeFileSync(this.#places.addressFile, `${this.url}\n`, { mode: 0o600 })
      writeFileSync(join(this.#users, String(process.pid)), '')
      this.#joined = true
    })
  }

  /** Ends the server unless another daemon uses it. Its data stays. */
  async stop(): Promise<void> {
    if (!this.#joined) return
    this.#joined = false
    await this.#alone(async () => {
      rmSync(join(this.#users, String(process.pid)), { force: true })
      const others = readdirSync(this.#users).filter((pid) => isAlive(Number(pid)))
      if (others.length === 0) await this.#shutDown()
    })
  }

  /** In a folder that others can write to, somebody could put a socket of their own in our place. */
  #ownFolder(): void {
    const { socketFolder } = this.#places
    mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(socketFolder)
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
      throw new StartError(
        `${socketFolder} is open to other users; remove it, or set XDG_STATE_HOME to a folder of your own`,
      )
  }

  async #state(): Promise<'absent' | 'answers'> {
    const deadline = performance.now() + START_MOST_MS
    for (;;) {
      const answer = await probe(this.#places.socket)
      if (answer !== 'silent') return answer
      if (performance.now() > deadline)
        throw new StartError(
          `the embedded redis-server at ${this.#places.socket} does not answer; end it and try again`,
        )
    }
  }

  async #launch(): Promise<void> {
    const program = findRedisServer()
    if (program === undefined)
      throw new StartError('--embedded needs redis-server 7.0 or newer on the PATH; install it, or use --redis-url')
    const { folder, socket } = this.#places
    const logFile = join(folder, 'redis.log')
    const log = openSync(logFile, 'a', 0o600)
    const settings = ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--dir', folder]
    const durability = [
      '--appendonly',
      'yes',
      '--appendfsync',
      'everysec',
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
    ]
    // In a process group of its own: a Ctrl-C at the terminal is for the daemon, which still needs Redis to end well.
    const child = spawn(program, [...settings, ...durability], {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: folder,
    })
    closeSync(log)
    await once(child, 'spawn')
    child.unref()
    const deadline = performance.now() + START_MOST_MS
    while ((await probe(socket)) !== 'answers') {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new StartError(`the embedded redis-server did not start: ${lastLine(logFile)} (${logFile})`)
      await sleep(LOOK_EVERY_MS)
    }
  }

  async #shutDown(): Promise<void> {
    const socket = connect(this.#places.socket)
    socket.on('error', () => {}) // gone already
    socket.end('SHUTDOWN\r\n')
    const deadline = performance.now() + START_MOST_MS
    while ((await probe(this.#places.socket)) !== 'absent' && performance.now() < deadline) await sleep(LOOK_EVERY_MS)
  }

  /** Runs while no other daemon starts or ends the server. A lock of a process that is gone is broken. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const lock = join(this.#places.folder, 'lock')
    while (!takeLock(lock)) await sleep(LOOK_EVERY_MS)
    try {
      await work()
    } finally {
      rmSync(lock, { force: true })
    }
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const owner = ownerOf(lock)
  if (owner !== undefined && (owner === process.pid || !isAlive(owner))) rmSync(lock, { force: true })
  return false
}

/** Undefined while its owner has not written its number yet, or when the lock has just gone. */
function ownerOf(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined
  } catch {
    return undefined // ENOENT: released meanwhile
  }
}

function lastLine(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.at(-1) ?? 'no reason given'
}
