import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect as openSocket, createServer } from 'node:net'
import { DelayedWriter } from './delayed-writer.ts'
import { FrameReader, wordsOf } from './resp.ts'

export type CommandMatch = (command: string, args: readonly string[]) => boolean
type Direction = 'both' | 'up' | 'down'

/** A TCP proxy before a real Redis that fails on purpose. Everything can be changed while connections are open. */
export interface FaultProxy {
  readonly port: number
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  /** Added to each direction, ms. */
  latencyMs: number
  /**
   * Chance, 0 to 1, that Redis runs a command chosen by `cutOnly`, and its reply is swallowed and the connection closed.
   * Replies of earlier commands arrive first. A connection that subscribed is never cut.
   */
  cutChance: number
  /** Which commands may be cut, by default EVALSHA and EVAL. Gets the command in upper case, and its arguments: at most 63, each of at most 256 bytes. */
  cutOnly: CommandMatch
  /** Cuts the reply of the n-th (from 1) further matching command (default: `cutOnly`), once. */
  cutNth(n: number, matches?: CommandMatch): void
  /** Answers the next `times` matching commands with an error line such as `READONLY no`; Redis never sees them. */
  answer(matches: CommandMatch, error: string, times: number): void
  /**
   * Swallows bytes without a word, ends of connections included; undefined ends it. A connection that lost bytes is
   * reset then, or, with `resetOnHeal: false`, stays silent for ever.
   */
  blackhole(direction: Direction | undefined, options?: { resetOnHeal?: boolean }): void
  /** Closes all connections now, with RST. */
  resetAll(): void
  /** Resets new connections at once, until called with false. */
  refuse(on: boolean): void
  /** Told of every command as it comes, before anything is done about it. */
  onCommand: (command: string, args: readonly string[]) => void
  /** Told of every command whose reply was cut. */
  onCut: (command: string, args: readonly string[]) => void
  readonly counts: { connections: number; commands: number; cuts: number; resets: number }
  /** Harmless when repeated. */
  close(): Promise<void>
}

/** What a connection asks the proxy about. */
interface Faults {
  readonly latencyMs: number
  readonly hole: Direction | undefined
  /** @returns the error to answer with, or whether the reply is to be cut. */
  fate(command: string, args: readonly string[], isSubscribed: boolean): { error?: string; cut?: boolean }
  count(what: 'commands' | 'cuts' | 'resets'): void
  onCut(command: string, args: readonly string[]): void
}

/** What is owed to the client, in order: the next reply of Redis, forwarded or cut, or an error of the proxy's own. */
interface Due {
  readonly error: string | undefined
  readonly cut: (() => void) | undefined
}

class Connection {
  readonly #client: Socket
  readonly #redis: Socket
  readonly #faults: Faults
  readonly #due: Due[] = []
  readonly #up: DelayedWriter
  readonly #down: DelayedWriter
  #isSubscribed = false
  #isEnded = false
  /** Bytes were swallowed: what comes after them would be misread, so nothing passes once the hole is over. */
  isBroken = false

  constructor(client: Socket, redis: Socket, faults: Faults, onClosed: () => void) {
    this.#client = client
    this.#redis = redis
    this.#faults = faults
    this.#up = new DelayedWriter(redis, () => faults.latencyMs)
    this.#down = new DelayedWriter(client, () => faults.latencyMs)
    const requests = new FrameReader((frame) => this.#request(frame))
    const replies = new FrameReader((frame) => this.#reply(frame))
    this.#carry(client, 'up', this.#up, requests)
    this.#carry(redis, 'down', this.#down, replies)
    let open = 2
    for (const socket of [client, redis])
      socket.on('close', () => {
        if (--open === 0) onClosed()
      })
  }

  #carry(from: Socket, direction: 'up' | 'down', to: DelayedWriter, reader: FrameReader): void {
    const swallows = (): boolean => {
      const { hole } = this.#faults
      const isCovered = hole === 'both' || hole === direction
      if (isCovered) this.isBroken = true
      return isCovered || (this.isBroken && hole === undefined)
    }
    from.setNoDelay(true)
    from.on('error', () => {}) // 'close' follows, and ends the other side too
    from.on('data', (chunk) => {
      if (!swallows()) reader.push(chunk)
    })
    from.on('close', () => {
      if (!swallows()) to.end()
    })
  }

  #request(frame: Buffer): void {
    if (this.#isEnded) return
    const [name = '', ...args] = wordsOf(frame)
    const command = name.toUpperCase()
    this.#faults.count('commands')
    const { error, cut = false } = this.#faults.fate(command, args, this.#isSubscribed)
    if (/^[PS]?SUBSCRIBE$/.test(command) && error === undefined) this.#isSubscribed = true
    this.#due.push({ error, cut: cut ? () => this.#cut(command, args) : undefined })
    if (error === undefined) this.#up.write(frame)
    this.#answerOwn()
  }

  #reply(frame: Buffer): void {
    if (this.#isEnded) return
    const cut = this.#isSubscribed ? undefined : this.#due.shift()?.cut
    if (cut !== undefined) return cut()
    this.#down.write(frame)
    this.#answerOwn()
  }

  #answerOwn(): void {
    while (this.#due[0]?.error !== undefined) this.#down.write(Buffer.from(`-${this.#due.shift()!.error}\r\n`))
  }

  #cut(command: string, args: readonly string[]): void {
    this.#isEnded = true
    this.#faults.count('cuts')
    this.#faults.onCut(command, args)
    this.#redis.destroy()
    this.#down.end()
  }

  reset(): void {
    this.#isEnded = true
    this.#faults.count('resets')
    this.#client.resetAndDestroy()
    this.#redis.destroy()
  }
}

class Proxy implements FaultProxy, Faults {
  latencyMs = 0
  cutChance = 0
  cutOnly: CommandMatch = (command) => command === 'EVALSHA' || command === 'EVAL'
  onCommand: (command: string, args: readonly string[]) => void = () => {}
  onCut: (command: string, args: readonly string[]) => void = () => {}
  hole: Direction | undefined
  readonly counts = { connections: 0, commands: 0, cuts: 0, resets: 0 }
  readonly port: number
  readonly #server: Server
  readonly #random: () => number
  readonly #connections = new Set<Connection>()
  #nth: { left: number; readonly matches: CommandMatch | undefined }[] = []
  #answers: { left: number; readonly matches: CommandMatch; readonly error: string }[] = []
  #isRefusing = false

  constructor(server: Server, open: () => Socket, random: () => number) {
    this.#server = server
    this.#random = random
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => {
      if (this.#isRefusing) return void client.on('error', () => {}).resetAndDestroy()
      this.counts.connections++
      const connection: Connection = new Connection(client, open(), this, () => this.#connections.delete(connection))
      this.#connections.add(connection)
    })
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  count(what: 'commands' | 'cuts' | 'resets'): void {
    this.counts[what]++
  }

  fate(command: string, args: readonly string[], isSubscribed: boolean): { error?: string; cut?: boolean } {
    this.onCommand(command, args)
    if (isSubscribed) return {}
    const answer = this.#answers.find(({ matches }) => matches(command, args))
    if (answer !== undefined) {
      if (--answer.left <= 0) this.#answers = this.#answers.filter((one) => one !== answer)
      return { error: answer.error }
    }
    const mayCut = this.cutOnly(command, args)
    const nth = this.#nth.filter(({ matches }) => (matches === undefined ? mayCut : matches(command, args)))
    for (const one of nth) one.left--
    this.#nth = this.#nth.filter(({ left }) => left > 0)
    return {
      cut: nth.some(({ left }) => left === 0) || (mayCut && this.cutChance > 0 && this.#random() < this.cutChance),
    }
  }

  cutNth(n: number, matches?: CommandMatch): void {
    this.#nth.push({ left: n, matches })
  }

  answer(matches: CommandMatch, error: string, times: number): void {
    if (times > 0) this.#answers.push({ left: times, matches, error: error.replace(/^-/, '') })
  }

  blackhole(direction: Direction | undefined, { resetOnHeal = true }: { resetOnHeal?: boolean } = {}): void {
    this.hole = direction
    if (direction !== undefined || !resetOnHeal) return
    for (const connection of this.#connections) if (connection.isBroken) connection.reset()
  }

  resetAll(): void {
    for (const connection of this.#connections) connection.reset()
  }

  refuse(on: boolean): void {
    this.#isRefusing = on
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.resetAll()
    await closed
  }
}

/** Listens on a free port of 127.0.0.1 and connects through to the port of 127.0.0.1 or the socket of `target`. */
export async function startProxy(
  target: { port?: number | undefined; path?: string | undefined },
  { random = Math.random }: { random?: () => number } = {},
): Promise<FaultProxy> {
  const { path, port = 0 } = target
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const open = (): Socket => (path === undefined ? openSocket(port, '127.0.0.1') : openSocket(path))
  return new Proxy(server, open, random)
}
