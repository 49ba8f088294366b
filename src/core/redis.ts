import { messageOf } from './errors.ts'
import { InFlight, UNANSWERED } from './in-flight.ts'
import { connect, type Heard } from './ioredis.ts'
import { readAddress, targetOf } from './redis-address.ts'
import type { Argument, Command, RedisClient, RedisOptions } from './redis-client.ts'
import { ClusterClient } from './redis-cluster.ts'
import { isUnknownScript, redisError } from './redis-errors.ts'
import { shaOf } from './script-sha.ts'

export type { Argument, Command, RedisClient, RedisOptions, ScriptHost } from './redis-client.ts'

const ANSWER_MS = 5_000
/** Redis is single-threaded and answers in order: one that owes an answer and says nothing for so long is gone, or hangs. */
const SILENCE_MS = 3_000
/** Where another server takes over: less than such a takeover takes, or the old one would be believed when it comes back. */
const SILENCE_REPLACED_MS = 1_500
const READY_MS = 5_000
const PAUSE_FIRST_MS = 50
const PAUSE_MOST_MS = 1_000
/** Credentials are mended by a person. */
const REFUSED_PAUSE_MS = 5_000
const GOODBYE_MS = 1_000
const PING_MS = 30_000

class IoRedisClient implements RedisClient {
  readonly address: string
  readonly #redis: Heard
  readonly #inFlight: InFlight
  readonly #silenceMs: number
  readonly options: RedisOptions
  #lastError: Error | undefined
  /** The last attempt to connect failed for the credentials: the next one will not fare better. */
  #refused: Error | undefined
  #down = true
  #isClosed = false
  #handshake: NodeJS.Timeout | undefined
  #pings: NodeJS.Timeout | undefined

  constructor(options: RedisOptions) {
    const { settings, address } = targetOf(options)
    this.#silenceMs = options.silenceMs ?? (settings.sentinels === undefined ? SILENCE_MS : SILENCE_REPLACED_MS)
    this.address = address
    this.options = options
    this.#inFlight = new InFlight({
      answerMs: options.answerMs ?? ANSWER_MS,
      silenceMs: options.answerMs ?? this.#silenceMs,
      onSilence: () => this.#replace('it stopped answering'),
      unsent: () => redisError(this.#lastError ?? new Error('no connection in time'), address),
    })
    this.#redis = connect(settings, options.name ?? 'dq', (tries) => this.#pauseMs(tries))
    this.#follow()
  }

  #follow(): void {
    const redis = this.#redis
    redis.on('error', (error: Error) => {
      this.#lastError = error
      const known = redisError(error, this.address)
      this.#refused = known.code === 'credentials' ? known : undefined
      if (this.#refused !== undefined) this.#inFlight.refuse(this.#refused)
    })
    redis.on('connect', () => {
      const { stream } = redis
      clearTimeout(this.#handshake)
      this.#handshake = setTimeout(
        () => setImmediate(() => redis.stream === stream && this.#down && this.#replace('it does not get ready')),
        this.#silenceMs,
      )
    })
    redis.on('ready', () => {
      clearTimeout(this.#handshake)
      this.#down = false
      this.#lastError = undefined
      this.#refused = undefined
      this.#inFlight.up()
    })
    redis.on('close', () => {
      clearTimeout(this.#handshake)
      this.#down = true
      this.#inFlight.down()
    })
    redis.on('end', () => {
      if (this.#isClosed) return this.#inFlight.fail(new Error('Connection is closed.'))
      // ioredis gives up for good when Sentinels tell of another primary while it is just connecting to one.
      const again = (): void => {
        if (!this.#isClosed) redis.connect().catch(() => {}) // `error` tells
      }
      setTimeout(again, this.#pauseMs(1)).unref()
    })
  }

  #pauseMs(times: number): number {
    const most = this.#refused === undefined ? PAUSE_MOST_MS : REFUSED_PAUSE_MS
    return Math.min(PAUSE_FIRST_MS * 2 ** Math.min(times, 10), most) * (0.5 + Math.random() / 2)
  }

  /** What was sent and not answered is sent again on the next connection, in the same order. */
  #replace(why: string): void {
    this.#redis.stream.destroy(new Error(why))
  }

  get isUp(): boolean {
    return !this.#down
  }

  async #guard<T>(start: () => Promise<T>): Promise<T> {
    if (this.#down && this.#refused !== undefined) throw this.#refused
    try {
      return await this.#inFlight.send(start)
    } catch (error) {
      if (error instanceof RangeError) throw error // of this process, and not mended by waiting
      const isKnown = messageOf(error) !== UNANSWERED && this.#down && this.#lastError !== undefined
      throw redisError(isKnown ? this.#lastError : error, this.address)
    }
  }

  call(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#guard(() => this.#redis.call(command, ...args))
  }

  callBuffer(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#guard(() => this.#redis.callBuffer(command, ...args))
  }

  async batch(commands: readonly Command[]): Promise<unknown[]> {
    if (commands.length === 0) return []
    // Arguments as one array: a long script call would not fit onto the stack.
    const lines = commands.map(([name, ...args]) => ['call', name, args])
    const replies = await this.#guard(() => this.#redis.pipeline(lines).exec())
    return (replies ?? []).map(([error, reply]) => {
      if (error) throw redisError(error, this.address)
      return reply
    })
  }

  async runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    // Never spread: what a flow takes would not fit onto the stack.
    const rest = [keys.length, ...keys, ...args]
    try {
      return await this.#guard(() => this.#redis.call('EVALSHA', [shaOf(name, lua), ...rest]))
    } catch (error) {
      if (!isUnknownScript(error)) throw error
    }
    return this.#guard(() => this.#redis.call('EVAL', [lua, ...rest]))
  }

  together(keys: readonly string[]): string[][] {
    return [[...keys]]
  }

  async each(command: string, ...args: Argument[]): Promise<unknown[]> {
    return [await this.call(command, ...args)]
  }

  duplicate(name?: string, changes: Pick<RedisOptions, 'answerMs'> = {}): RedisClient {
    return new IoRedisClient({ ...this.options, name: name ?? this.options.name, ...changes })
  }

  async subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): Promise<void> {
    this.#redis.on('message', onMessage)
    const ping = (): void => void this.call('PING').catch(() => {}) // its connection is replaced by then
    this.#pings ??= setInterval(ping, this.options.pingMs ?? PING_MS).unref()
    try {
      await this.#redis.subscribe(...channels)
    } catch (error) {
      throw redisError(error, this.address)
    }
  }

  onState(listener: (state: 'up' | 'down', error?: Error) => void): () => void {
    const up = (): void => listener('up')
    const down = (): void => listener('down', this.#lastError)
    this.#redis.on('ready', up)
    this.#redis.on('close', down)
    return () => {
      this.#redis.off('ready', up)
      this.#redis.off('close', down)
    }
  }

  ready(timeoutMs = READY_MS, { patient = false }: { readonly patient?: boolean | undefined } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        stop()
        reject(redisError(error, this.address))
      }
      const ping = (): void => {
        this.call('PING').then(() => {
          stop()
          resolve()
        }, fail)
      }
      const onError = (error: Error): void => {
        this.#lastError = error
        if (!patient || redisError(error, this.address).code === 'credentials') fail(error)
      }
      const timer = setTimeout(() => fail(this.#lastError ?? new Error(UNANSWERED)), timeoutMs)
      const stop = (): void => {
        clearTimeout(timer)
        this.#redis.off('error', onError)
        this.#redis.off('ready', ping)
      }
      this.#redis.on('error', onError)
      this.#redis.on('ready', ping)
      if (!this.#down) ping()
      else if (this.#lastError) onError(this.#lastError)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#down) return this.drop()
    const hangs = setTimeout(() => this.drop(), GOODBYE_MS)
    try {
      await this.#redis.quit()
    } catch (error) {
      // The connection was lost while it was being closed: it is closed.
      this.#lastError = error as Error
    }
    clearTimeout(hangs)
    this.drop()
  }

  drop(): void {
    this.#isClosed = true
    clearTimeout(this.#handshake)
    clearInterval(this.#pings)
    this.#redis.disconnect()
    // Without this a peer that is gone would be waited for.
    this.#redis.stream?.destroy()
    this.#inFlight.fail(new Error('Connection is closed.'))
  }
}

/** Connects in the background and reconnects for ever, with jitter; see `ready`. */
export function openRedis(options: RedisOptions): RedisClient {
  const toOne = (one: RedisOptions): RedisClient => new IoRedisClient(one)
  if (readAddress(options).mode !== 'cluster') return toOne(options)
  return new ClusterClient(options, (node) => toOne({ silenceMs: SILENCE_REPLACED_MS, ...node }))
}
