import { Broker } from './broker.ts'
import { type Awaited, Reached } from './durability-level.ts'
import { DqError } from './errors.ts'
import { Persistent } from './persistent.ts'
import type { Argument, Command, RedisClient, ScriptHost } from './redis.ts'
import { isUnknownScript } from './redis-errors.ts'
import { shaOf } from './script-sha.ts'

/** How long a replica, or the disk, may take; after that the task is enqueued all the same, and the reply says `memory`. */
const WAIT_MS = 1_000
/** Of the connection that waits. */
const ANSWER_MS = 3_000

/** Sent behind the script, and what its answer has to be. */
interface Proof {
  readonly command: Command
  readonly holds: (answer: unknown) => boolean
}

const REPLICA: Proof = { command: ['WAIT', 1, WAIT_MS], holds: (replicas) => Number(replicas) >= 1 }
const WAIT_AOF: Proof = {
  command: ['WAITAOF', 1, 0, WAIT_MS],
  holds: (answer) => Array.isArray(answer) && Number(answer[0]) >= 1,
}
/** Such a server answers nothing before it is on its disk. */
const ALWAYS: Proof = {
  command: ['CONFIG', 'GET', '*append*'],
  holds: (answer) => {
    const flat = answer as readonly string[]
    const valueOf = (name: string): string | undefined => flat[flat.indexOf(name) + 1]
    const isAlways = valueOf('appendonly') === 'yes' && valueOf('appendfsync') === 'always'
    // Otherwise nothing is synced for as long as a snapshot or a rewrite takes.
    return isAlways && valueOf('no-appendfsync-on-rewrite') === 'no'
  },
}

/** @throws DqError `not_supported` where no server can prove it. */
async function fsyncProof(redis: RedisClient): Promise<Proof> {
  const known = await redis.each('COMMAND', 'INFO', 'WAITAOF')
  if (known.every((answer) => Array.isArray(answer) && Array.isArray(answer[0]))) {
    if (await hasLog(redis)) return WAIT_AOF
  } else {
    const settings = await redis.each(...ALWAYS.command)
    if (settings.every((answer) => ALWAYS.holds(answer))) return ALWAYS
  }
  throw new DqError(
    'not_supported',
    'durability fsync needs Redis 7.2 or newer with appendonly yes, or an older one that also has appendfsync always and no-appendfsync-on-rewrite no; use replica, or change Redis',
    { details: ['durability'] },
  )
}

/** A server without a log to append to refuses to wait for it: better before the task is there than after. */
const hasLog = (redis: RedisClient): Promise<boolean> =>
  redis.each('WAITAOF', 1, 0, 1).then(
    () => true,
    (error: unknown) => {
      if (error instanceof DqError && error.code === 'broken_reply') return false
      throw error
    },
  )

/**
 * Runs scripts and waits until what they wrote is where it was asked to be. Script and wait leave together on one
 * connection: on another one the wait could be answered by a server that never had the task.
 */
class DurableHost implements ScriptHost {
  readonly #redis: RedisClient
  readonly #level: Awaited
  #proof: Promise<Proof> | undefined

  constructor(redis: RedisClient, level: Awaited) {
    this.#redis = redis
    this.#level = level
  }

  async runScript(name: string, lua: string, keys: readonly string[], args: readonly Argument[]): Promise<Reached> {
    this.#proof ??= this.#level === 'replica' ? Promise.resolve(REPLICA) : fsyncProof(this.#redis)
    this.#proof.catch(() => (this.#proof = undefined))
    const { command, holds } = await this.#proof
    const run = (verb: string, what: string): Promise<unknown[]> =>
      this.#redis.batch([[verb, what, keys.length, ...keys, ...args], command])
    const [reply, answer] = await run('EVALSHA', shaOf(name, lua)).catch((error: unknown) => {
      if (!isUnknownScript(error)) throw error
      return run('EVAL', lua)
    })
    return new Reached(reply, holds(answer) ? this.#level : 'memory')
  }
}

/** Enqueues tasks that have to be more durable than memory, on a connection of its own, since it waits there. */
export class DurableEnqueue {
  readonly #redis: RedisClient
  readonly #options: { readonly namespace: string; readonly timeoutMs: number }
  readonly #brokers = new Map<Awaited, Broker>()
  readonly #hosts: Persistent[] = []
  #connection: RedisClient | undefined

  constructor(redis: RedisClient, options: { readonly namespace: string; readonly timeoutMs: number }) {
    this.#redis = redis
    this.#options = options
  }

  /** Each reply names the level that was reached. */
  at(level: Awaited): Pick<Broker, 'enqueue'> {
    let broker = this.#brokers.get(level)
    if (broker === undefined) {
      this.#connection ??= this.#redis.duplicate('dq-client-durable', { answerMs: ANSWER_MS })
      const host = new Persistent(new DurableHost(this.#connection, level), { withinMs: this.#options.timeoutMs })
      this.#hosts.push(host)
      broker = new Broker(host, { namespace: this.#options.namespace })
      this.#brokers.set(level, broker)
    }
    return broker
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) host.close()
    await this.#connection?.close()
  }
}
