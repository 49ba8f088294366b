import type { RedisAddress } from './redis-address.ts'

export interface RedisOptions extends RedisAddress {
  /** How the connection is called in `CLIENT LIST`. */
  readonly name?: string | undefined
  /**
   * How long one command may take, the wait for a connection included, and how long Redis may be silent meanwhile: for a
   * connection that is used for blocking reads. Default 5 s and 3 s.
   */
  readonly answerMs?: number | undefined
  /** The latter alone. Default 1.5 s where another server takes over from one that hangs. */
  readonly silenceMs?: number | undefined
  /** How often a subscription, which has nothing to ask, asks whether its connection still lives. Default 30 s. */
  readonly pingMs?: number | undefined
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
  /** The keys in groups that one command can take: all of them, but for a cluster. */
  together(keys: readonly string[]): string[][]
  /** The answer of every server that has tasks: one, but for a cluster. */
  each(command: string, ...args: Argument[]): Promise<unknown[]>
  /** An own connection with the same settings, for blocking reads and subscriptions. */
  duplicate(name?: string, changes?: Pick<RedisOptions, 'answerMs'>): RedisClient
  /** Waits for a connection as long as it takes, and keeps the subscription over all that follow. */
  subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): Promise<void>
  /** Calls `listener` at every change; returns how to stop that. */
  onState(listener: (state: 'up' | 'down', error?: Error) => void): () => void
  /**
   * Resolves once Redis answers.
   * @param options.patient waits for one that is not there yet, all of `timeoutMs` (default 5 s); otherwise a refused
   * connection is told at once. Refused credentials always are.
   * @throws DqError `unavailable`, `timeout` or `credentials`.
   */
  ready(timeoutMs?: number, options?: { readonly patient?: boolean | undefined }): Promise<void>
  close(): Promise<void>
  /** Drops the connection at once; for one that no longer answers. */
  drop(): void
}

/** All that running scripts takes. */
export type ScriptHost = Pick<RedisClient, 'runScript'>
