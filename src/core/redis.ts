import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { messageOf } from './errors.ts'
import { parseAddress, type RedisAddress } from './redis-address.ts'
import { redisError } from './redis-errors.ts'

export interface RedisOptions extends RedisAddress {
  /** How the connection is called in `CLIENT LIST`. */
  readonly name?: string | undefined
}

export type Argument = string | number
export type Command = readonly [command: string, ...args: Argument[]]

/** The little of Redis that the library needs. Replies have their RESP2 shapes; failures are `DqError`. */
export interface RedisClient {
  readonly isUp: boolean
  /** The address for messages, without its password. */
  readonly address: string
  /** How it was opened, password included: for a further connection from another thread. */
  readonly options: RedisOptions
  call(command: string, ...args: Argument[]): Promise<unknown>
  /** The same for replies that are not text. */
  callBuffer(command: string, ...args: Argument[]): Promise<unknown>
  /** Several commands in one write; throws the first error. */
  batch(commands: readonly Command[]): Promise<unknown[]>
  runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** An own connection with the same settings, for blocking reads and subscriptions. */
  duplicate(name?: string): RedisClient
  subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): Promise<void>
  /** Calls `listener` at every change; returns how to stop that. */
  onState(listener: (state: 'up' | 'down', error?: Error) => void): () => void
  /** @throws DqError `unavailable` or `credentials` when Redis does not answer within `timeoutMs`. */
  ready(timeoutMs?: number): Promise<void>
  close(): Promise<void>
  /** Drops the connection at once; for one that no longer answers. */
  drop(): void
}

/** All that running scripts takes. */
export type ScriptHost = Pick<RedisClient, 'runScript'>

const COMMAND_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 5_000

class IoRedisClient implements RedisClient {
  readonly address: string
  readonly #redis: Redis
  readonly options: RedisOptions
  #lastError: Error | undefined
  #down = true

  constructor(options: RedisOptions) {
    const { settings, address } = parseAddress(options)
    this.address = address
    this.options = options
    this.#redis = new Redis({
      ...settings,
      connectionName: options.name ?? 'dq',
      protocol: 2,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: COMMAND_TIMEOUT_MS + 1_000,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 2_000) * (0.5 + Math.random() / 2),
    })
    this.#redis.on('error', (error: Error) => (this.#lastError = error))
    this.#redis.on('ready', () => {
      this.#down = false
      this.#lastError = undefined
    })
    this.#redis.on('close', () => (this.#down = true))
  }

  get isUp(): boolean {
    return !this.#down
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw redisError(this.#down && this.#lastError ? this.#lastError : error, this.address)
    }
  }

  call(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#guard(this.#redis.call(command, ...args))
  }

  callBuffer(command: string, ...args: Argument[]): Promise<unknown> {
    return this.#guard(this.#redis.callBuffer(command, ...args))
  }

  async batch(commands: readonly Command[]): Promise<unknown[]> {
    if (commands.length === 0) return []
    const replies = await this.#guard(this.#redis.pipeline(commands.map((command) => ['call', ...command])).exec())
    return (replies ?? []).map(([error, reply]) => {
      if (error) throw redisError(error, this.address)
      return reply
    })
  }

  async runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args]
    try {
      return await this.#redis.call('EVALSHA', shaOf(name, lua), ...rest)
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) return this.#guard(Promise.reject(error))
    }
    return this.#guard(this.#redis.call('EVAL', lua, ...rest))
  }

  duplicate(name?: string): RedisClient {
    return new IoRedisClient({ ...this.options, name: name ?? this.options.name })
  }

  async subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): Promise<void> {
    this.#redis.on('message', onMessage)
    await this.#guard(this.#redis.subscribe(...channels))
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

  ready(timeoutMs = CONNECT_TIMEOUT_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        stop()
        reject(redisError(error, this.address))
      }
      const ping = (): void => {
        this.#redis.call('PING').then(() => {
          stop()
          resolve()
        }, fail)
      }
      const onError = (error: Error): void => {
        this.#lastError = error
        if (redisError(error, this.address).code === 'credentials') fail(error)
      }
      const timer = setTimeout(() => fail(this.#lastError ?? new Error('Command timed out')), timeoutMs)
      const stop = (): void => {
        clearTimeout(timer)
        this.#redis.off('error', onError)
        this.#redis.off('ready', ping)
      }
      this.#redis.on('error', onError)
      this.#redis.on('ready', ping)
      if (this.#redis.status === 'ready') ping()
      else if (this.#lastError) onError(this.#lastError)
    })
  }

  async close(): Promise<void> {
    if (this.#down) return this.drop()
    try {
      await this.#redis.quit()
    } catch (error) {
      // The connection was lost while it was being closed: it is closed.
      this.#lastError = error as Error
      this.drop()
    }
  }

  drop(): void {
    this.#redis.disconnect()
  }
}

const shas = new Map<string, string>()
function shaOf(name: string, lua: string): string {
  const known = shas.get(name)
  if (known !== undefined) return known
  const sha = createHash('sha1').update(lua).digest('hex')
  shas.set(name, sha)
  return sha
}

/** Connects in the background and reconnects for ever, with jitter; see `ready`. */
export const openRedis = (options: RedisOptions): RedisClient => new IoRedisClient(options)
