import { chunks, partwise } from './calls.ts'
import { reachedOf } from './durability-level.ts'
import { decodeClaim, type ClaimReply } from './claimed.ts'
import { encodeFailure, encodeGroup, encodeItems, splitGroups } from './encode.ts'
import { randomText } from './ids.ts'
import { Limiter } from './limiter.ts'
import { DEFAULTS, LIMITS } from './limits.ts'
import type { ScriptHost } from './redis.ts'
import {
  decodeLetters,
  decodePulse,
  decodeReaped,
  decodeRenewals,
  decodeRepaired,
  decodeSwept,
  oneOf,
  type WordOf,
} from './replies.ts'
import { ScriptRunner, type ScriptRunnerOptions } from './runner.ts'
import { ScheduleVerbs } from './schedule-verbs.ts'
import { SCRIPTS } from './scripts.ts'
import type {
  ClaimRequest,
  CompleteGroup,
  EnqueueReply,
  FailItem,
  NewTask,
  Pulse,
  ReleaseItem,
  Renewal,
  Repaired,
  Sweep,
  Swept,
} from './verbs.ts'

const failed = (_: NewTask, error: Error): EnqueueReply => ({ word: 'failed', owner: undefined, error })

/** The write side: one verb per transition of a task, each one script, batched and safe to repeat. */
export class Broker {
  /** The verbs of schedules. */
  readonly schedules: ScheduleVerbs
  readonly limits: Limiter
  readonly #scripts: ScriptRunner

  constructor(redis: ScriptHost, options: ScriptRunnerOptions) {
    this.#scripts = new ScriptRunner(redis, options)
    this.schedules = new ScheduleVerbs(this.#scripts)
    this.limits = new Limiter(this.#scripts)
  }

  /** @returns a reply per task, in order; `failed` for those of a part (500, or 1 MiB) refused while another was not. */
  async enqueue(queue: string, tasks: readonly NewTask[]): Promise<EnqueueReply[]> {
    const parts = chunks(tasks, (task) => Buffer.byteLength(task.envelope))
    return partwise(parts, (part) => this.#enqueuePart(queue, part), failed)
  }

  async #enqueuePart(queue: string, tasks: readonly NewTask[]): Promise<EnqueueReply[]> {
    const { items, order } = encodeItems(tasks)
    const answer = await this.#scripts.call(queue, SCRIPTS.enqueue, { maxBytes: LIMITS.payloadBytes + 4_096, items })
    const { reply, durability } = reachedOf(answer)
    const { words, owners } = decodeLetters('enqueue', reply, tasks.length)
    const replies: EnqueueReply[] = Array.from({ length: tasks.length })
    order.forEach((at, i) => (replies[at] = { word: words[i]!, owner: owners.get(i), ...durability }))
    return replies
  }

  async claim(queue: string, request: ClaimRequest): Promise<ClaimReply> {
    const reply = await this.#scripts.call(queue, SCRIPTS.claim, {
      worker: request.worker,
      want: Math.min(request.want, LIMITS.idsPerCall),
      quotaHigh: request.quotas.high,
      quotaDefault: request.quotas.default,
      quotaLow: request.quotas.low,
      random: randomText(12),
      leaseMs: request.leaseMs,
      timeoutMs: request.timeoutMs,
      maxBytes: LIMITS.bytesPerCall,
      idle: request.idle ? 1 : 0,
      contains: request.contains ?? '',
      spare: request.spare ?? 0,
      timeouts: Object.entries(request.timeouts).flat(),
    })
    return decodeClaim(reply)
  }

  /** @returns per group one word per item, in order. */
  async complete(
    queue: string,
    groups: readonly CompleteGroup[],
    resultMax: number = DEFAULTS.resultMax,
  ): Promise<WordOf<'complete'>[][]> {
    const parts = splitGroups(groups)
    const words = await Promise.all(
      parts.map(async (part) => {
        const items = part.flatMap(encodeGroup)
        const reply = await this.#scripts.call(queue, SCRIPTS.complete, { resultMax, items })
        const count = part.reduce((sum, group) => sum + group.items.length, 0)
        return decodeLetters('complete', reply, count).words
      }),
    )
    const flat = words.flat()
    let at = 0
    return groups.map((group) => flat.slice(at, (at += group.items.length)))
  }

  async fail(
    queue: string,
    items: readonly FailItem[],
    resultTtlMs: number = DEFAULTS.resultTtlMs,
  ): Promise<WordOf<'fail'>[]> {
    const bytesOf = (item: FailItem): number => Buffer.byteLength(item.line)
    return this.#letters('fail', queue, items, { resultTtlMs }, 'items', encodeFailure, bytesOf)
  }

  /** Gives tasks back uncounted; those for the front keep the order in which they are given here. */
  async release(
    queue: string,
    items: readonly ReleaseItem[],
    resultTtlMs: number = DEFAULTS.resultTtlMs,
  ): Promise<WordOf<'release'>[]> {
    const backwards = items.toReversed()
    const flat = (item: ReleaseItem): (string | number)[] => [item.nonce, item.id, item.mode, Math.round(item.delayMs)]
    return (await this.#letters('release', queue, backwards, { resultTtlMs }, 'items', flat)).toReversed()
  }

  cancel(
    queue: string,
    ids: readonly string[],
    by: string,
    resultTtlMs: number = DEFAULTS.resultTtlMs,
  ): Promise<WordOf<'cancel'>[]> {
    return this.#letters('cancel', queue, ids, { resultTtlMs, by }, 'ids', (id) => [id])
  }

  /** Tasks that wait for a time go to the end of their lines now. */
  hasten(queue: string, ids: readonly string[], by: string): Promise<WordOf<'hasten'>[]> {
    return this.#letters('hasten', queue, ids, { by }, 'ids', (id) => [id])
  }

  /** @param edit for a single id its new envelope, and the SHA-1 in hex of the one it was made from. */
  async replay(
    queue: string,
    ids: readonly string[],
    by: string,
    operation: string,
    edit: { readonly shown: string; readonly envelope: string } = { shown: '', envelope: '' },
  ): Promise<{ word: WordOf<'replay'>; owner: string | undefined }[]> {
    const replies = []
    for (const part of chunks(ids, undefined, 100)) {
      const reply = await this.#scripts.call(queue, SCRIPTS.replay, { by, operation, ...edit, ids: part })
      const { words, owners } = decodeLetters('replay', reply, part.length)
      replies.push(...words.map((word, i) => ({ word, owner: owners.get(i) })))
    }
    return replies
  }

  /** @param trashMs how long the tasks can be taken back; 0 removes them at once. */
  purge(
    queue: string,
    ids: readonly string[],
    by: string,
    operation: string,
    trashMs: number,
  ): Promise<WordOf<'purge'>[]> {
    return this.#letters('purge', queue, ids, { by, operation, trashMs }, 'ids', (id) => [id])
  }

  undo(queue: string, ids: readonly string[], by: string, operation: string): Promise<WordOf<'undo'>[]> {
    return this.#letters('undo', queue, ids, { by, operation }, 'ids', (id) => [id])
  }

  /** One part after the other, so that the order of items is the order in Redis. */
  async #letters<S extends 'fail' | 'release' | 'cancel' | 'hasten' | 'purge' | 'undo', T>(
    name: S,
    queue: string,
    items: readonly T[],
    args: Readonly<Record<string, string | number>>,
    rest: 'items' | 'ids',
    flat: (item: T) => (string | number)[],
    bytesOf?: (item: T) => number,
  ): Promise<WordOf<S>[]> {
    const words: WordOf<S>[] = []
    for (const part of chunks(items, bytesOf, LIMITS.itemsPerCall)) {
      const reply = await this.#scripts.call<string>(queue, SCRIPTS[name], { ...args, [rest]: part.flatMap(flat) })
      words.push(...decodeLetters(name, reply, part.length).words)
    }
    return words
  }

  async renew(
    queue: string,
    nonces: readonly string[],
    leaseMs: number,
    graceMs: number = DEFAULTS.deadlineGraceMs,
  ): Promise<Renewal[]> {
    const renewals: Renewal[] = []
    for (const part of chunks(nonces, undefined, 100)) {
      const reply = await this.#scripts.run(queue, SCRIPTS.renew, { leaseMs, graceMs, nonces: part })
      renewals.push(...decodeRenewals(part, reply))
    }
    return renewals
  }

  /** Takes back what expired leases cover, at most 500 tasks; `heldUntilMs` when it had to hold back. */
  async reap(queue: string, leaseMs: number, resultTtlMs: number = DEFAULTS.resultTtlMs): Promise<Sweep> {
    return decodeReaped(await this.#scripts.run(queue, SCRIPTS.reap, { leaseMs, resultTtlMs, limit: 100 }))
  }

  /** Moves what is due, at most 500 tasks, and tells when to come again. */
  async promote(queue: string): Promise<Pulse> {
    return decodePulse(await this.#scripts.run(queue, SCRIPTS.promote, { limit: LIMITS.idsPerCall }))
  }

  pause(queue: string, by: string, paused: boolean): Promise<'paused' | 'resumed' | 'unchanged'> {
    const reply = this.#scripts.call(queue, SCRIPTS.pause, { by, paused: paused ? 1 : 0 })
    return oneOf('pause', reply, ['paused', 'resumed', 'unchanged'])
  }

  /** Ends what is kept beyond its time, at most 500 of each kind; `more` while there may be more. */
  async sweep(queue: string, resultMax: number = DEFAULTS.resultMax): Promise<Swept> {
    return decodeSwept(await this.#scripts.run(queue, SCRIPTS.sweep, { resultMax, limit: LIMITS.idsPerCall }))
  }

  /** Proves findings of a deep look, and mends what is so. @param items see `repair.lua`; at most 500 ids. */
  async repair(queue: string, items: readonly (string | number)[], leaseMs: number, by: string): Promise<Repaired[]> {
    return decodeRepaired(await this.#scripts.run(queue, SCRIPTS.repair, { leaseMs, by, items }))
  }
}
