import type { Client } from '../core/client.ts'
import type { Keyring } from '../core/encryption/keyring.ts'
import type { Inspector } from '../core/inspector.ts'
import type { Operations } from '../core/operations.ts'
import type { Operator } from '../core/operator.ts'
import type { RedisClient } from '../core/redis.ts'
import type { Args, OptionRows } from './args.ts'
import type { Screen } from './screen.ts'
import type { Input } from './world.ts'

/** A connection that answered. */
export interface Session {
  readonly client: Client
  readonly redis: RedisClient
  readonly namespace: string
  readonly inspector: Inspector
  readonly operator: Operator
  readonly operations: Operations
  /** Keys for payloads, where a file of them is named. */
  readonly keyring: Keyring | undefined
}

export interface Context {
  readonly args: Args
  /** As they were written. */
  readonly argv: readonly string[]
  readonly screen: Screen
  readonly input: Input
  /** Connects at the first call, so that wrong use is told before anything else. @throws DqError, ConfigError */
  readonly open: () => Promise<Session>
}

/** One command: adding one is a file that exports it and a row in `commands/index.ts`. */
export interface Command {
  readonly name: string
  /** Positional arguments as the help shows them: `<id>`, `[payload]`, `<ids..>`. */
  readonly takes?: string
  readonly about: string
  /** Further lines for its own help. */
  readonly more?: string
  readonly options?: OptionRows
  /** Its arguments are for another program, which checks them. */
  readonly passesArguments?: true
  /** @returns the exit code. */
  run(context: Context): Promise<number>
}

/** Commands under one name, such as `dlq list`. */
export interface CommandGroup {
  readonly name: string
  readonly about: string
  readonly commands: readonly Command[]
}
export type Entry = Command | CommandGroup

export const isGroup = (entry: Entry): entry is CommandGroup => 'commands' in entry
