import { findEmbedded } from './embedded.ts'
import type { EncryptionOptions } from '../core/encryption/keyring.ts'
import { encryptionOf } from './encryption-keys-file.ts'
import { baseOf, readSources } from './load.ts'
import { ConfigError } from './problems.ts'
import { addressOrigin, redisTarget, type RedisTarget } from './redis-target.ts'
import { resolve } from './resolve.ts'
import type { Arguments, Environment } from './sources.ts'
import { OPTION_KEYS, type OptionKey, ROWS } from './rows.ts'

/** What a program needs to look at an installation. */
export interface Connection {
  readonly redis: RedisTarget
  readonly namespace: string
  /** Keys for payloads; undefined where none are named. */
  readonly encryption: EncryptionOptions | undefined
  /** Where the address comes from: a flag, a variable, a line of a file, `embedded` or `default`. */
  readonly origin: string
}

/** The options that `dq`, `dq-top` and the daemon share. */
export const CONNECTION_KEYS: readonly OptionKey[] = OPTION_KEYS.filter((key) => ROWS[key].connection)

/**
 * How `dq` and `dq-top` find Redis: by the same options as the daemon and, when none says where it is, by the address
 * that a running daemon with an embedded Redis left in the state folder.
 * @param argv parsed arguments by the names of their flags; others than those of `CONNECTION_KEYS` are left alone.
 * @throws ConfigError with every problem that was found.
 */
export async function loadConnection(argv: Arguments, env: Environment, cwd: string): Promise<Connection> {
  const problems: string[] = []
  const flags = CONNECTION_KEYS.flatMap((key) => ROWS[key].flag ?? [])
  const own = Object.fromEntries(Object.entries(argv).filter(([name]) => flags.includes(name)))
  const sources = readSources(own, env, cwd, problems)
  const resolved = resolve(CONNECTION_KEYS, sources, problems)
  if (resolved.refused.size > 0) throw new ConfigError(problems)
  const { values, origins } = resolved
  const redis = redisTarget(resolved, problems)
  const base = baseOf('encryption-keys-file', origins.encryptionKeysFile, values, cwd)
  const { options: encryption } = encryptionOf(resolved, base, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  const { namespace } = values
  const origin = addressOrigin(resolved)
  const embedded = origin === 'default' ? await findEmbedded(env, namespace) : undefined
  if (embedded !== undefined) return { redis: { url: embedded }, namespace, encryption, origin: 'embedded' }
  return { redis, namespace, encryption, origin }
}
