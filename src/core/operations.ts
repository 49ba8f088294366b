import { DqError } from './errors.ts'
import { fieldsOf } from './fields.ts'
import { parseFilter } from './filter/filter.ts'
import { randomText } from './ids.ts'
import type { Inspector } from './inspector.ts'
import { queueKeys } from './keys.ts'
import { DEFAULTS } from './limits.ts'
import type { RedisClient } from './redis.ts'
import { oneOf } from './replies.ts'
import { ScriptRunner } from './runner.ts'
import { brokenReply } from './script.ts'
import { SCRIPTS } from './scripts.ts'
import type { OperationInfo, OperationState } from './task.ts'

export type OperationKind = 'replay' | 'purge'

/** What is to be done with the dead tasks of a queue that match a filter and died before now. */
export interface NewOperation {
  readonly kind: OperationKind
  /** See `parseFilter`; all of them when it is left out. */
  readonly filter?: string | undefined
  /** Tasks a second at most, over everybody who drives it. */
  readonly ratePerSecond?: number | undefined
  /** Purged tasks are gone at once, without the trash. */
  readonly now?: boolean | undefined
}

export type Steer = 'pause' | 'resume' | 'cancel'

interface Recorded extends NewOperation {
  readonly by: string
  readonly createdAtMs: number
  /** Dead tasks when it began. */
  readonly total: number
}

/** What one step came to. `waitMs`: how long there is nothing to do; undefined when it is over or was not to be driven. */
export interface StepReport {
  readonly state: OperationState | 'unknown'
  readonly waitMs: number | undefined
}

export interface OperationsOptions {
  readonly redis: RedisClient
  readonly inspector: Inspector
  readonly namespace: string
  /** Who does it, for the audit. */
  readonly by: string
  readonly scripts?: ScriptRunner
}

const STATES = ['running', 'paused', 'cancelled', 'done'] as const
const IDS_PER_STEP = 100
/** One in a quarter of an hour: what is slower is a slip. */
export const RATE_LEAST = 0.001
export const RATE_MOST = 1_000_000

function checked({ kind, filter, ratePerSecond, now }: NewOperation): NewOperation {
  parseFilter(filter ?? '')
  if (ratePerSecond !== undefined && !(ratePerSecond >= RATE_LEAST && ratePerSecond <= RATE_MOST))
    throw new DqError(
      'invalid_input',
      `rate ${ratePerSecond} has to be tasks a second, from ${RATE_LEAST} to ${RATE_MOST}`,
      {
        details: ['rate'],
      },
    )
  return { kind, filter, ratePerSecond, now }
}

/** Undefined for what somebody else wrote. */
function recordOf(text: string): Recorded | undefined {
  try {
    return JSON.parse(text) as Recorded
  } catch (error) {
    void error // not JSON
    return undefined
  }
}

function decode(queue: string, id: string, text: string, at: string): OperationInfo | undefined {
  const [state, scanned, done, skipped, due, updated, ...cursor] = at.split('|')
  const known = STATES.find((one) => one === state)
  if (known === undefined) return undefined
  const record = recordOf(text)
  if (record === undefined) return undefined
  return {
    id,
    queue,
    kind: record.kind,
    filter: record.filter ?? '',
    ratePerSecond: record.ratePerSecond,
    by: record.by,
    createdAtMs: record.createdAtMs,
    total: record.total,
    now: record.now === true,
    state: known,
    // Of tasks that died in the same millisecond some may be looked at again.
    scanned: Math.min(Number(scanned), record.total),
    done: Number(done),
    skipped: Number(skipped),
    dueAtMs: Number(due),
    updatedAtMs: Number(updated),
    // It may hold the sign that parts the others.
    cursor: cursor.join('|'),
  }
}

/**
 * Bulk operations over the dead tasks of a queue. An operation lives in Redis: whoever is there drives it on, step by step,
 * and no step is made twice, so that it goes on when the one who began it is gone.
 */
export class Operations {
  readonly #options: OperationsOptions
  readonly #redis: RedisClient
  readonly #inspector: Inspector
  readonly #scripts: ScriptRunner
  readonly #namespace: string

  constructor(options: OperationsOptions) {
    this.#options = options
    this.#redis = options.redis
    this.#inspector = options.inspector
    this.#namespace = options.namespace
    this.#scripts = options.scripts ?? new ScriptRunner(options.redis, { namespace: options.namespace })
  }

  /** The same in somebody else's name. */
  as(by: string): Operations {
    return new Operations({ ...this.#options, by, scripts: this.#scripts })
  }

  get #by(): string {
    return this.#options.by
  }

  #key(queue: string): string {
    return queueKeys(this.#namespace, queue, 'operations').operations
  }

  /** @throws DqError `invalid_input` for a bad filter or rate. */
  async begin(queue: string, what: NewOperation): Promise<OperationInfo> {
    const [snapshot] = await this.#inspector.snapshot([queue])
    const { atMs, dead } = snapshot!
    const id = randomText(12)
    const record: Recorded = { ...checked(what), by: this.#by, createdAtMs: atMs, total: dead }
    // What dies from now on comes before this place of the listing, which begins with the newest.
    const cursor = `${atMs}|`
    const args = { by: this.#by, operation: id, action: 'begin', record: JSON.stringify(record), cursor }
    await oneOf('operate', this.#scripts.call(queue, SCRIPTS.operate, args), ['running'])
    return (await this.find(queue, id))!
  }

  /** @returns its state after that; `unknown` when there is no such operation. */
  steer(queue: string, operation: string, action: Steer): Promise<OperationState | 'unknown'> {
    const args = { by: this.#by, operation, action, record: '', cursor: '' }
    return oneOf('operate', this.#scripts.call(queue, SCRIPTS.operate, args), [...STATES, 'unknown'])
  }

  async find(queue: string, id: string): Promise<OperationInfo | undefined> {
    const [text, at] = (await this.#redis.call('HMGET', this.#key(queue), id, `${id}:at`)) as (string | null)[]
    return typeof text === 'string' && typeof at === 'string' ? decode(queue, id, text, at) : undefined
  }

  /** Newest first, those that are over included; at most about a hundred are kept. */
  async list(queue: string): Promise<OperationInfo[]> {
    const fields = fieldsOf((await this.#redis.call('HGETALL', this.#key(queue))) as string[])
    const known = Array.from(fields, ([id, text]) => {
      const at = fields.get(`${id}:at`)
      return at === undefined ? undefined : decode(queue, id, text, at)
    })
    return known.filter((one) => one !== undefined).toSorted((a, b) => b.createdAtMs - a.createdAtMs)
  }

  /** One small read. */
  async isAnyRunning(queue: string): Promise<boolean> {
    const { meta } = queueKeys(this.#namespace, queue, 'operations')
    return Number((await this.#redis.call('HGET', meta, 'operations')) ?? 0) > 0
  }

  /** Drives an operation one step on. Harmless when somebody else does too. */
  async step(queue: string, id: string): Promise<StepReport> {
    const operation = await this.find(queue, id)
    if (operation === undefined) return { state: 'unknown', waitMs: undefined }
    if (operation.state !== 'running') return { state: operation.state, waitMs: undefined }
    const { kind, cursor, filter, createdAtMs, ratePerSecond, now } = operation
    const { matches } = parseFilter(filter)
    const limit = Math.min(IDS_PER_STEP, Math.ceil(ratePerSecond ?? IDS_PER_STEP))
    const where = filter === '' ? undefined : (task: Parameters<typeof matches>[0]) => matches(task, createdAtMs)
    const page = await this.#inspector.deadPage(queue, { cursor, limit, where })
    const reply = await this.#scripts.run(queue, SCRIPTS.step, {
      operation: id,
      kind,
      by: operation.by,
      trashMs: now ? 0 : DEFAULTS.trashMs,
      ratePerSecond: ratePerSecond ?? 0,
      expected: cursor,
      next: page.cursor ?? '',
      scanned: page.scanned,
      ids: page.items.map((task) => task.id),
    })
    return reported(reply)
  }
}

function reported(reply: unknown): StepReport {
  if (!Array.isArray(reply)) throw brokenReply('step', reply)
  const [word, waitMs = 0] = reply as [string, number?]
  if (word === 'moved') return { state: 'running', waitMs: 0 }
  if (word === 'running' || word === 'early') return { state: 'running', waitMs }
  return { state: STATES.find((one) => one === word) ?? 'unknown', waitMs: undefined }
}
