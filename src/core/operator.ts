import { ApiKeys } from './api-keys.ts'
import type { Broker } from './broker.ts'
import type { Keyring } from './encryption/keyring.ts'
import { openPayload, protectionOf } from './encryption/protection.ts'
import { compactPayload, digestOf, type Editable, editableOf, withPayload } from './edit.ts'
import { randomText } from './ids.ts'
import { type GlobalKeys, globalKeys, queueKeys } from './keys.ts'
import { HandLimits } from './limiter.ts'
import { DEFAULTS } from './limits.ts'
import type { RedisClient } from './redis.ts'
import { repairQueue } from './repair.ts'
import type { WordOf } from './replies.ts'
import { type Reconciled, ScheduleAdmin, type Triggered } from './schedule-admin.ts'
import type { NewSchedule } from './schedule-definition.ts'
import { setObjective } from './slo-set.ts'
import type { ScheduleInfo } from './task.ts'
import { unrefused } from './unrefused.ts'
import { planUpgrade, upgrade, type Upgrade } from './upgrade.ts'
import type { Repaired } from './verbs.ts'

export type { NewSchedule } from './schedule-definition.ts'

const UNDO_PAGE = 500

/** Changes by hand: what a person or a script does to a queue. Each leaves a line in the audit. */
export class Operator {
  readonly limits: HandLimits
  /** The keys of the HTTP API. */
  readonly keys: ApiKeys
  readonly #broker: Broker
  readonly #redis: RedisClient
  readonly #namespace: string
  readonly #global: GlobalKeys
  readonly #by: string
  readonly #keyring: Keyring | undefined
  readonly #schedules: ScheduleAdmin

  /**
   * @param by who does it, for the audit.
   * @param keyring opens and encrypts the payloads that are edited, and encrypts those of schedules.
   */
  constructor(broker: Broker, redis: RedisClient, namespace: string, by: string, keyring?: Keyring) {
    this.#broker = broker
    this.limits = new HandLimits(broker.limits, by)
    this.#redis = redis
    this.#namespace = namespace
    this.#global = globalKeys(namespace)
    this.#by = by
    this.keys = new ApiKeys(redis, namespace, by)
    this.#keyring = keyring
    this.#schedules = new ScheduleAdmin({ broker, redis, namespace, by, keyring })
  }

  /** What `upgrade` would do now. @throws DqError `format` when this version does not know what is stored. */
  planUpgrade(): Promise<Upgrade> {
    return planUpgrade(this.#redis, this.#namespace)
  }

  /** Raises what is stored to the format of this version, unless an older program lives: see `upgrade`. */
  upgrade(): Promise<Upgrade> {
    return upgrade(this.#redis, this.#namespace, this.#by)
  }

  /** Stops all claims of a queue; what runs goes on to its end. */
  pause(queue: string): Promise<'paused' | 'resumed' | 'unchanged'> {
    return this.#broker.pause(queue, this.#by, true)
  }

  resume(queue: string): Promise<'paused' | 'resumed' | 'unchanged'> {
    return this.#broker.pause(queue, this.#by, false)
  }

  /** What the queue promises; undefined clears it. @throws DqError `invalid_input` */
  async setObjective(queue: string, given: Parameters<typeof setObjective>[2]): ReturnType<typeof setObjective> {
    return setObjective({ redis: this.#redis, namespace: this.#namespace, by: this.#by }, queue, given)
  }

  /** Looks at each task of a queue, and mends what is not in exactly one place: see `repairQueue`. */
  repair(queue: string): Promise<Repaired[]> {
    const [redis, broker, namespace, by] = [this.#redis, this.#broker, this.#namespace, this.#by]
    return repairQueue({ redis, broker, namespace, by, leaseMs: DEFAULTS.leaseMs }, queue)
  }

  cancel(queue: string, ids: readonly string[]): Promise<WordOf<'cancel'>[]> {
    return this.#broker.cancel(queue, ids, this.#by)
  }

  /** Tasks that wait for their time, or for their next attempt, into line now. */
  hasten(queue: string, ids: readonly string[]): Promise<WordOf<'hasten'>[]> {
    return this.#broker.hasten(queue, ids, this.#by)
  }

  /** The same operator, and why: it stands behind the name in the audit. */
  because(reason: string): Operator {
    return new Operator(this.#broker, this.#redis, this.#namespace, `${this.#by} (${reason})`, this.#keyring)
  }

  /**
   * What an edit begins with; undefined when the task is not dead.
   * @throws DqError `invalid_input` for foreign content, `no_key` when its payload cannot be opened here.
   */
  async editable(queue: string, id: string): Promise<Editable | undefined> {
    const keys = queueKeys(this.#namespace, queue, 'operator')
    const [died, envelope] = await this.#redis.batch([
      ['ZSCORE', keys.dead, id],
      ['HGET', keys.tasks, id],
    ])
    if (died === null || typeof envelope !== 'string') return undefined
    return editableOf(envelope, (sealed, type, extras) =>
      openPayload(this.#keyring, sealed, { queue, type, id }, extras),
    )
  }

  /**
   * A dead task back into line with another payload, JSON, if it is still what was shown. Its id, type, priority and
   * options stay, and so does what a repeated enqueue of it is compared with.
   * @throws DqError `invalid_input` for what is no JSON, `payload_too_large`.
   */
  async replayEdited(
    queue: string,
    id: string,
    shown: Editable,
    payloadJson: string,
  ): Promise<{ word: WordOf<'replay'>; owner: string | undefined }> {
    const seal = (json: string): string => protectionOf(this.#keyring)!.seal(json, { queue, type: shown.type, id })
    const envelope = withPayload(shown, compactPayload(payloadJson), seal)
    const edit = { shown: digestOf(shown.envelope), envelope }
    const [reply] = await this.#broker.replay(queue, [id], this.#by, randomText(12), edit)
    return reply!
  }

  /**
   * Dead tasks back into line, with retries and crashes at 0. Those that are no longer dead are skipped.
   * Calls with the same `operation` are one in the audit.
   */
  async replay(
    queue: string,
    ids: readonly string[],
    options: { operation?: string | undefined } = {},
  ): Promise<{
    replayed: string[]
    duplicates: { id: string; of: string | undefined }[]
    skipped: string[]
    operation: string
  }> {
    const operation = options.operation ?? randomText(12)
    const replies = await this.#broker.replay(queue, ids, this.#by, operation)
    const having = (word: string): string[] => ids.filter((_, i) => replies[i]!.word === word)
    const duplicates = ids.flatMap((id, i) => (replies[i]!.word === 'duplicate' ? [{ id, of: replies[i]!.owner }] : []))
    return { replayed: having('replayed'), duplicates, skipped: having('not_dead'), operation }
  }

  /**
   * Dead tasks into the trash, from where `undo` brings them back for 15 minutes; with `now` they are gone at once.
   * Calls with the same `operation` are taken back as one.
   */
  async purge(
    queue: string,
    ids: readonly string[],
    options: { now?: boolean | undefined; operation?: string | undefined } = {},
  ): Promise<{ purged: string[]; skipped: string[]; operation: string }> {
    const operation = options.operation ?? randomText(12)
    const words = await this.#broker.purge(queue, ids, this.#by, operation, options.now === true ? 0 : DEFAULTS.trashMs)
    return {
      purged: ids.filter((_, i) => words[i] === 'purged'),
      skipped: ids.filter((_, i) => words[i] !== 'purged'),
      operation,
    }
  }

  /**
   * Takes purged tasks back: some ids, those of one purge, or those of the newest purge.
   * `operation` is the purge; undefined for ids, and when nothing is in the trash.
   */
  async undo(
    queue: string,
    selection: { ids?: readonly string[] | undefined; operation?: string | undefined } = {},
  ): Promise<{ restored: string[]; skipped: string[]; operation: string | undefined }> {
    const found = selection.ids === undefined ? await this.#trashed(queue, selection.operation) : undefined
    const ids = selection.ids ?? found?.ids ?? []
    const operation = found?.operation ?? selection.operation
    const words = ids.length === 0 ? [] : await this.#broker.undo(queue, ids, this.#by, operation ?? '')
    return {
      operation,
      restored: ids.filter((_, i) => words[i] === 'restored'),
      skipped: ids.filter((_, i) => words[i] !== 'restored'),
    }
  }

  /** Ids in the trash of one purge; without a name, of the newest one. */
  async #trashed(
    queue: string,
    operation: string | undefined,
  ): Promise<{ ids: string[]; operation: string | undefined }> {
    const keys = queueKeys(this.#namespace, queue, 'operator')
    const ids: string[] = []
    let wanted = operation
    for (let from = 0; ; from += UNDO_PAGE) {
      const page = (await this.#redis.call('ZREVRANGE', keys.trash, from, from + UNDO_PAGE - 1)) as string[]
      if (page.length === 0) return { ids, operation: wanted }
      const notes = (await this.#redis.call('HMGET', keys.trashed, ...page)) as (string | null)[]
      page.forEach((id, i) => {
        const of = notes[i]?.split('|')[1]
        wanted ??= of
        if (of === wanted) ids.push(id)
      })
    }
  }

  /** Asks a worker to stop claiming, or to go on; it follows at its next heartbeat. @returns whether that was a change. */
  async quiet(worker: string, on: boolean): Promise<boolean> {
    const [changed] = await unrefused(this.#redis, [[on ? 'SADD' : 'SREM', this.#global.quiet, worker]])
    return Number(changed) === 1
  }

  /**
   * Saves a recurring schedule. The same content again changes nothing; other content keeps its history.
   * @throws DqError `invalid_input` naming the field.
   */
  saveSchedule(schedule: NewSchedule): Promise<ScheduleInfo> {
    return this.#schedules.save(schedule)
  }

  /** Ends a schedule; tasks it made stay. @returns whether there was one. */
  removeSchedule(name: string): Promise<boolean> {
    return this.#schedules.remove(name)
  }

  /** Stops a schedule, or lets it go on with the next slot from now. @returns undefined when there is none. */
  enableSchedule(name: string, enabled: boolean): Promise<ScheduleInfo | undefined> {
    return this.#schedules.setEnabled(name, enabled)
  }

  /** Runs a schedule now, outside of its slots, as its overlap policy allows. @returns undefined when there is none. */
  triggerSchedule(name: string): Promise<Triggered | undefined> {
    return this.#schedules.trigger(name)
  }

  /**
   * Saves the schedules that a source declares, and removes those that it declared before and no longer does; all others
   * stay. @param source names it, such as the path of a file.
   */
  reconcileSchedules(source: string, schedules: readonly NewSchedule[]): Promise<Reconciled> {
    return this.#schedules.reconcile(source, schedules)
  }
}
