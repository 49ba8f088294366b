import { chunks } from './calls.ts'
import { decodeClaim, type ClaimReply } from './claimed.ts'
import { encodeGroup, encodeItems, splitGroups } from './encode.ts'
import { randomText } from './ids.ts'
import { DEFAULTS, LIMITS } from './limits.ts'
import { PRIORITY_LETTER } from './priority.ts'
import type { ScriptHost } from './redis.ts'
import { decodeLetters, decodePulse, decodeReaped, decodeRenewals, oneOf, type WordOf } from './replies.ts'
import { ScriptRunner, type ScriptRunnerOptions } from './runner.ts'
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
  Sweep,
  Swept,
} from './verbs.ts'

/** The write side: one verb per transition of a task, each one script, batched and safe to repeat. */
export class Broker {
  readonly #scripts: ScriptRunner

  constructor(redis: ScriptHost, options: ScriptRunnerOptions) {
    this.#scripts = new ScriptRunner(redis, options)
  }

  /** @returns one reply per task, in order. Tasks of one call share a fate only within a part of 500 or 1 MiB. */
  async enqueue(queue: string, tasks: readonly NewTask[]): Promise<EnqueueReply[]> {
    const parts = chunks(tasks, (task) => Buffer.byteLength(task.envelope))
    return (await Promise.all(parts.map((part) => this.#enqueuePart(queue, part)))).flat()
  }

  async #enqueuePart(queue: string, tasks: readonly NewTask[]): Promise<EnqueueReply[]> {
    const { items, order } = encodeItems(tasks)
    const reply = await this.#scripts.call(queue, SCRIPTS.enqueue, { maxBytes: LIMITS.payloadBytes + 4_096, items })
    const { words, owners } = decodeLetters('enqueue', reply, tasks.length)
    const replies: EnqueueReply[] = Array.from({ length: tasks.length })
    order.forEach((at, i) => (replies[at] = { word: words[i]!, owner: owners.get(i) }))
    return replies
  }

  async claim(queue: string, request: ClaimRequest): Promise<ClaimReply> {
    const { quotas, timeouts } = request
    const reply = await this.#scripts.call(queue, SCRIPTS.claim, {
      worker: request.worker,
      want: Math.min(request.want, LIMITS.idsPerCall),
      quotaHigh: quotas.high,
      quotaDefault: quotas.default,
      quotaLow: quotas.low,
      random: randomText(12),
      leaseMs: request.leaseMs,
      timeoutMs: request.timeoutMs,
      maxBytes: LIMITS.bytesPerCall,
      idle: request.idle ? 1 : 0,
      timeouts: Object.entries(timeouts).flat(),
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
    const flat = (item: FailItem): (string | number)[] => [
      item.nonce,
      item.id,
      item.type,
      item.verdict,
      Math.round(item.delayMs),
      item.line,
      item.extras,
    ]
    return this.#letters('fail', queue, items, { resultTtlMs }, 'items', flat, (item) => Buffer.byteLength(item.line))
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

  async replay(
    queue: string,
    ids: readonly string[],
    by: string,
    operation: string,
  ): Promise<{ word: WordOf<'replay'>; owner: string | undefined }[]> {
    const replies = []
    for (const part of chunks(ids, undefined, 100)) {
      const reply = await this.#scripts.call(queue, SCRIPTS.replay, { by, operation, ids: part })
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
  async #letters<S extends 'fail' | 'release' | 'cancel' | 'purge' | 'undo', T>(
    name: S,
    queue: string,
    items: readonly T[],
    args: Readonly<Record<string, string | number>>,
    rest: 'items' | 'ids',
    flat: (item: T) => (string | number)[],
    bytesOf?: (item: T) => number,
  ): Promise<WordOf<S>[]> {
    const words: WordOf<S>[] = []
    for (const part of chunks(items, bytesOf, 250)) {
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

  /**
   * Enqueues the task of one slot of a schedule, if nobody did.
   * @param slot.expectedMs the slot; undefined only sets the cursor of a schedule that has none.
   * @param slot.nextMs the slot after it.
   */
  fire(
    queue: string,
    name: string,
    slot: { expectedMs: number | undefined; nextMs: number | undefined },
    task: Pick<NewTask, 'id' | 'type' | 'priority' | 'envelope'>,
  ): Promise<'fired' | 'set' | 'early' | 'moved'> {
    const reply = this.#scripts.run(queue, SCRIPTS.fire, {
      name,
      expected: slot.expectedMs ?? '',
      next: slot.nextMs ?? '',
      priority: PRIORITY_LETTER[task.priority],
      type: task.type,
      id: task.id,
      envelope: task.envelope,
    })
    return oneOf('fire', reply, ['fired', 'set', 'early', 'moved'])
  }

  async unschedule(queue: string, name: string, by: string): Promise<boolean> {
    return (await this.#scripts.run(queue, SCRIPTS.unschedule, { name, by })) === 'removed'
  }

  /** Ends what is kept beyond its time, at most 500 of each kind; `more` while there may be more. */
  async sweep(queue: string, resultMax: number = DEFAULTS.resultMax): Promise<Swept> {
    const reply = await this.#scripts.run(queue, SCRIPTS.sweep, { resultMax, limit: LIMITS.idsPerCall })
    const [trash = 0, history = 0, tombs = 0] = Array.isArray(reply) ? reply.map(Number) : []
    return { trash, history, tombs, more: Math.max(trash, history, tombs) >= LIMITS.idsPerCall }
  }
}
