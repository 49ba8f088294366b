import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { Broker } from '../../src/core/broker.ts'
import { encodeGroup, encodeItems } from '../../src/core/encode.ts'
import { contentHash, encodeEnvelope, type NewEnvelope, sha1 } from '../../src/core/envelope.ts'
import { Inspector } from '../../src/core/inspector.ts'
import { randomText } from '../../src/core/ids.ts'
import { type QueueKeys, queueKeys } from '../../src/core/keys.ts'
import { failureLine } from '../../src/core/records.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { run, type Script } from '../../src/core/script.ts'
import { type ScriptName, SCRIPTS } from '../../src/core/scripts.ts'
import { type UniqueMode, uniqueSha } from '../../src/core/unique.ts'
import type { CompleteGroup, NewTask } from '../../src/core/verbs.ts'
import { type Args, DEFAULT_ARGS } from './engine-args.ts'
import { connect, sharedRedis } from './redis.ts'
import { differences, relativeTimes, storedState, type StoredState } from './stored-state.ts'

export { LEASE_MS } from './engine-args.ts'

/** When the injected clock of a test begins. */
export const T0 = 1_700_000_000_000
export const UNIQUE_MS = 600_000

export interface TaskShape extends Omit<Partial<NewEnvelope>, 'payloadJson' | 'contentHash' | 'unique'> {
  readonly payload?: unknown
  readonly when?: NewTask['when']
  readonly timeMs?: number
  /** The caller chose the id, so that it leaves a tomb. */
  readonly own?: boolean
  /** At most one with this key for ten minutes. */
  readonly unique?: string
  readonly mode?: UniqueMode
}

/** A task ready to be enqueued; by default a `mail` of default priority, for now. */
export function aTask(id: string, shape: TaskShape = {}): NewTask {
  const { payload = 1, when = 'now', timeMs = 0, own = false, type = 'mail', priority = 'default', ...others } = shape
  const { unique: key, mode = 'drop', ...rest } = others
  const unique = key === undefined ? undefined : { sha: uniqueSha(type, '', key), forMs: UNIQUE_MS }
  const described: NewEnvelope = { ...rest, unique, type, priority, payloadJson: JSON.stringify(payload) }
  const hash = own ? contentHash(described) : undefined
  const { idempotencyKey } = rest
  return {
    id,
    type,
    priority,
    envelope: encodeEnvelope({ ...described, contentHash: hash }),
    when,
    timeMs,
    idempotencySha: idempotencyKey === undefined ? undefined : sha1(idempotencyKey),
    contentHash: hash,
    unique: unique && mode,
  }
}

export const tasksNamed = (...ids: string[]): NewTask[] => ids.map((id) => aTask(id))

export interface Settled {
  readonly nonce: string
  readonly id: string
}

/** A claim that is answered again tells its own time, may name attempts that are none, and no others that wait. */
function essence(reply: unknown): unknown {
  if (!Array.isArray(reply) || reply[0] !== 'granted') return reply
  const [word, nonce, , , ids, envelopes, attempts, alone] = reply as unknown[]
  return [word, nonce, ids, envelopes, (attempts as unknown[]).filter(Boolean), alone]
}

/** One queue of its own, driven script by script with an injected clock. */
export class TestQueue {
  readonly name = 'q'
  readonly inspector: Inspector
  readonly keys: QueueKeys
  readonly redis: RedisClient
  readonly raw: Redis
  readonly namespace: string
  nowMs = T0
  /** The number of the last call of the client `c`. */
  call = 0

  constructor(redis: RedisClient, raw: Redis, namespace: string) {
    this.redis = redis
    this.raw = raw
    this.namespace = namespace
    this.inspector = new Inspector(redis, namespace)
    this.keys = queueKeys(namespace, this.name, 'c')
  }

  /** A caller of its own, with numbers of its own. */
  broker(): Broker {
    return new Broker(this.redis, { namespace: this.namespace, client: randomText(8), nowMs: () => this.nowMs })
  }

  state(): Promise<StoredState> {
    return storedState(this.raw, this.namespace, this.name)
  }

  /** The answer, and what the work changes of everything that is stored, see `differences`. */
  async changes(work: () => Promise<unknown>): Promise<string> {
    const before = await this.state()
    const answer = relativeTimes(`answer: ${JSON.stringify(await work())}`, T0)
    return [answer, differences(before, await this.state(), T0)].filter((line) => line !== '').join('\n')
  }

  /** One script, exactly as given. */
  send(name: ScriptName, args: Args): Promise<unknown> {
    const script = SCRIPTS[name] as Script<string>
    return run(this.redis, script, this.keys, { now: this.nowMs, ...DEFAULT_ARGS[name], ...args })
  }

  /**
   * One script under the next call number; sent a second time, as after a lost reply: the answer and everything stored
   * have to be the same.
   */
  async run(name: ScriptName, args: Args = {}): Promise<unknown> {
    if (!(SCRIPTS[name].argv as readonly string[]).includes('call')) return this.send(name, args)
    const numbered = { call: ++this.call, ...args }
    const reply = await this.send(name, numbered)
    const state = await this.state()
    assert.deepEqual(essence(await this.send(name, numbered)), essence(reply), `the answer of ${name}, called again`)
    assert.deepEqual(await this.state(), state, `what is stored after ${name} was called again`)
    return reply
  }

  enqueue(...tasks: NewTask[]): Promise<unknown> {
    return this.run('enqueue', { items: encodeItems(tasks).items })
  }

  /** Grants are `1-r`, `2-r`, … */
  claim(args: Args = {}): Promise<unknown> {
    const want = args['want'] ?? 10
    return this.run('claim', { quotaHigh: want, quotaDefault: want, quotaLow: want, ...args })
  }

  /** The ids that a claim grants. */
  async claimIds(args: Args = {}): Promise<unknown> {
    return ((await this.claim(args)) as unknown[])[4] ?? []
  }

  complete(
    ...groups: (Pick<CompleteGroup, 'nonce'> & {
      ids: string[]
      record?: string
      extras?: string
    } & Partial<CompleteGroup>)[]
  ) {
    const items = groups.map(({ ids, record, extras = '', ...rest }): CompleteGroup => {
      const all = ids.map((id) => ({ id, record, extras }))
      return { type: 'mail', resultTtlMs: record === undefined ? 0 : 60_000, hasRecord: false, items: all, ...rest }
    })
    return this.run('complete', { items: items.flatMap(encodeGroup) })
  }

  fail(
    ...items: (Settled & {
      verdict?: 'retry' | 'dead' | 'crash'
      delayMs?: number
      type?: string
      line?: string
      extras?: string
    })[]
  ) {
    const flat = items.flatMap(({ nonce, id, type = 'mail', verdict = 'retry', delayMs = 1_000, ...rest }) => {
      const { line = aFailure(), extras = '' } = rest
      return [nonce, id, type, verdict, delayMs, line, extras]
    })
    return this.run('fail', { items: flat })
  }

  /** In the order of the script: last claimed first. */
  release(
    ...items: (Settled & { mode?: 'front' | 'snooze' | 'unknown' | 'refused'; delayMs?: number })[]
  ): Promise<unknown> {
    return this.run('release', {
      items: items.flatMap(({ nonce, id, mode = 'front', delayMs = 0 }) => [nonce, id, mode, delayMs]),
    })
  }

  /** Enqueues, claims and fails for good. */
  async kill(...tasks: NewTask[]): Promise<void> {
    await this.enqueue(...tasks)
    const [, nonce] = (await this.claim({ want: tasks.length })) as [string, string]
    await this.fail(
      ...tasks.map(({ id, type, envelope }) => ({
        nonce,
        id,
        type,
        verdict: 'dead' as const,
        extras: extrasOf(envelope),
      })),
    )
  }

  /** The books close, and every id is in exactly one place. */
  async expectSound(): Promise<void> {
    assert.deepEqual((await this.inspector.verify(this.name)).drift, [])
    assert.deepEqual((await this.inspector.verifyDeep(this.name)).problems, [])
  }
}

export const extrasOf = (envelope: string): string => /^[^|]*\|[^|\n]*\|([^\n]*)/.exec(envelope)?.[1] ?? ''

export const aFailure = (message = 'no', atMs = T0, attempt = 1): string =>
  failureLine({ attempt, atMs, worker: 'w', reason: 'error', message, stack: undefined })

let shared: Promise<{ redis: RedisClient; raw: Redis; namespaceOf: () => Promise<string> }> | undefined

async function connectOnce(): Promise<{ redis: RedisClient; raw: Redis; namespaceOf: () => Promise<string> }> {
  const { server, url } = await sharedRedis()
  return { redis: openRedis({ url }), raw: connect(server), namespaceOf: async () => (await sharedRedis()).namespace }
}

/** A queue that nobody else has, on the server and the connections of this test file. */
export async function openQueue(): Promise<TestQueue> {
  shared ??= connectOnce()
  const { redis, raw, namespaceOf } = await shared
  return new TestQueue(redis, raw, await namespaceOf())
}
