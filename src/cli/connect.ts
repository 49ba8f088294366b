import { hostname, userInfo } from 'node:os'
import { type Connection, loadConnection } from '../config.ts'
import { Client } from '../core/client.ts'
import { Keyring } from '../core/encryption/keyring.ts'
import { DqError } from '../core/errors.ts'
import { openRedis, type RedisClient } from '../core/redis.ts'
import type { Args } from './args.ts'
import type { Session } from './command.ts'
import type { World } from './world.ts'

/** How long Redis may take to answer at the beginning. */
const READY_MS = 3_000

/** Who changes things, for the audit: `dq:anna@host`. */
export function whoAmI(env: NodeJS.ProcessEnv): string {
  let user = env['USER'] ?? 'unknown'
  try {
    user = userInfo().username
  } catch {
    // The user id has no name on this machine, as in a container.
  }
  return `dq:${user}@${hostname()}`
}

function withRemedy(error: unknown, { origin }: Connection): unknown {
  if (!(error instanceof DqError) || !['unavailable', 'timeout'].includes(error.code)) return error
  const where = origin === 'default' ? 'no option says where it is' : `the address is from ${origin}`
  const text = `${error.message}; start Redis there, or name another one with --redis-url or REDIS_URL (${where})`
  return new DqError(error.code, text, { cause: error })
}

/** What this user may not do is told by what it is about to do. */
function unlessForbidden(error: unknown): void {
  if (!(error instanceof DqError && error.code === 'credentials')) throw error
}

/** A session that is opened when it is first needed, and closed if it was. */
export class Connecting {
  readonly #args: Args
  readonly #world: World
  #redis: RedisClient | undefined
  #session: Promise<Session> | undefined

  constructor(args: Args, world: World) {
    this.#args = args
    this.#world = world
  }

  open(): Promise<Session> {
    return (this.#session ??= this.#open())
  }

  async #open(): Promise<Session> {
    const connection = await loadConnection(this.#args.options, this.#world.env, this.#world.cwd)
    this.#redis = openRedis({ ...connection.redis, name: 'dq' })
    try {
      await this.#redis.ready(READY_MS)
    } catch (error) {
      throw withRemedy(error, connection)
    }
    const { namespace, encryption } = connection
    const keyring = encryption && new Keyring(encryption)
    const by = whoAmI(this.#world.env)
    const client = new Client({ redis: this.#redis, namespace, by, encryption: keyring })
    const { inspector, operator, operations } = client
    await inspector.format().catch(unlessForbidden)
    return { client, redis: this.#redis, namespace, inspector, operator, operations, keyring }
  }

  async close(): Promise<void> {
    await this.#redis?.close()
  }
}
