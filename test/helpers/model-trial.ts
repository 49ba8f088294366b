import assert from 'node:assert/strict'
import type { Claimed } from '../../src/core/claimed.ts'
import type { FailurePolicy } from '../../src/core/depend.ts'
import { digestOf } from '../../src/core/edit.ts'
import { encodeItems } from '../../src/core/encode.ts'
import type { NewTask } from '../../src/core/verbs.ts'
import { aFailure, aTask, T0 } from './engine.ts'
import { forwardAll } from './flows.ts'
import { LEASE_MS, RESULT_TTL_MS, TIMEOUT_MS, TRASH_MS } from './model.ts'
import { KEYS, UNIQUES } from './model-agreement.ts'
import * as changes from './model-changes.ts'
import type { NewItem } from './model-item.ts'
import * as flows from './model-flows.ts'
import { ScheduleAgreement, TTL_MS } from './model-schedules.ts'
import * as verbs from './model-verbs.ts'

export interface Known {
  readonly nonce: string
  readonly tasks: readonly Claimed[]
}

/** One sequence: what each command sends, and what the model says of it. */
export class Trial extends ScheduleAgreement {
  /** Grants that some worker believes to have, lost ones too. */
  readonly known: Known[] = []
  #made = 0

  #task(item: NewItem): NewTask {
    const unique = UNIQUES[item.unique]
    // What replaces a task keeps its id.
    const own = item.id < 6 && (unique === undefined || !item.replaces)
    const shape = { priority: item.priority, payload: item.payload, idempotencyTtlMs: TTL_MS, own }
    const timeMs = item.when === 'at' ? T0 + item.timeMs : item.timeMs
    const key = KEYS[item.key]
    const mode = item.replaces ? ('replace' as const) : ('drop' as const)
    const timed = { ...shape, when: item.when, timeMs, ...(unique === undefined ? {} : { unique, mode }) }
    return aTask(
      own ? `own${item.id}` : `gen${this.#made++}`,
      key === undefined ? timed : { ...timed, idempotencyKey: key },
    )
  }

  async enqueue(items: readonly NewItem[]): Promise<void> {
    const tasks = items.map((item) => this.#task(item))
    const send = async () =>
      (await this.broker.enqueue('q', tasks)).map(({ word, owner }) =>
        owner === undefined ? word : `${word} of ${owner}`,
      )
    const expected = (nowMs: number): string[] => {
      const words: string[] = []
      for (const at of encodeItems(tasks).order) words[at] = this.model.enqueue(tasks[at]!, nowMs)
      return words
    }
    await this.step('enqueue', send, expected, true)
  }

  /** @param spare processes for suspects; undefined: this worker has none at all. */
  async claim(worker: string, want: number, idle: boolean, spare: number | undefined): Promise<void> {
    const lost = this.lossy.loses
    const quotas = { high: want, default: want, low: want }
    const containment = spare === undefined ? {} : { contains: '*', spare }
    const request = {
      worker,
      want,
      quotas,
      leaseMs: LEASE_MS,
      timeoutMs: TIMEOUT_MS,
      idle,
      timeouts: {},
      ...containment,
    }
    let nonce = ''
    const send = async (): Promise<unknown> => {
      const reply = await this.broker.claim('q', request)
      if (reply.word === 'empty') return { word: 'empty', drain: reply.drain }
      if (reply.word !== 'granted') return reply
      nonce = reply.nonce
      this.known.push({ nonce, tasks: reply.tasks })
      const ids = reply.tasks.map(({ id }) => id)
      return { word: 'granted', ids, drain: reply.drain && !lost, alone: reply.alone }
    }
    const expected = (nowMs: number): unknown => {
      if (this.model.isPaused) return { word: 'paused' }
      const claim = verbs.claim(this.model, { worker, want, idle, spare }, nowMs)
      const { ids, drain, alone } = claim
      if (ids.length === 0) return { word: 'empty', drain }
      claim.grant(nonce)
      return { word: 'granted', ids, drain: drain && !lost, alone }
    }
    await this.step('claim', send, expected, true)
  }

  async complete(known: Known, mask: number, keeps: boolean): Promise<void> {
    const tasks = known.tasks.filter((_, i) => (mask >> i) & 1)
    if (tasks.length === 0) return
    const resultTtlMs = keeps ? RESULT_TTL_MS : 0
    const groups = [false, true].flatMap((hasRecord) => {
      const items = tasks.filter((task) => task.hasRecord === hasRecord)
      const encoded = items.map(({ id, envelope }) => ({ id, record: '{}', extras: envelope.extras }))
      return items.length === 0 ? [] : [{ nonce: known.nonce, type: 'mail', resultTtlMs, hasRecord, items: encoded }]
    })
    const expected = (nowMs: number) =>
      groups.map(({ items }) => items.map(({ id }) => verbs.complete(this.model, known.nonce, id, nowMs, resultTtlMs)))
    await this.step('complete', () => this.broker.complete('q', groups), expected, true)
  }

  async fail(known: Known, mask: number, verdict: 'retry' | 'dead' | 'crash', delayMs: number): Promise<void> {
    const line = aFailure('no', this.q.nowMs)
    const items = known.tasks
      .filter((_, i) => (mask >> i) & 1)
      .map(({ id, envelope: { extras } }) => ({ nonce: known.nonce, id, type: 'mail', verdict, delayMs, line, extras }))
    if (items.length === 0) return
    const expected = (nowMs: number) =>
      items.map(({ nonce, id }) => verbs.fail(this.model, nonce, id, verdict, delayMs, nowMs))
    await this.step('fail', () => this.broker.fail('q', items, RESULT_TTL_MS), expected, true)
  }

  async release(known: Known, mask: number, mode: 'front' | 'snooze' | 'unknown', delayMs: number): Promise<void> {
    const { nonce } = known
    const items = known.tasks.filter((_, i) => (mask >> i) & 1).map(({ id }) => ({ nonce, id, mode, delayMs }))
    if (items.length === 0) return
    const expected = (nowMs: number) =>
      items
        .toReversed()
        .map(({ id }) => verbs.release(this.model, nonce, id, mode, delayMs, nowMs))
        .toReversed()
    await this.step('release', () => this.broker.release('q', items, RESULT_TTL_MS), expected, true)
  }

  async renew(known: readonly Known[]): Promise<void> {
    const nonces = known.map(({ nonce }) => nonce)
    if (nonces.length === 0) return
    const live = nonces.some((nonce) => this.model.grants.has(nonce))
    const expected = (nowMs: number) => nonces.map((nonce) => ({ nonce, ...verbs.renew(this.model, nonce, nowMs) }))
    await this.step('renew', () => this.broker.renew('q', nonces, LEASE_MS), expected, true)
    if (live) this.note('renew', 'active', 'active')
  }

  async reap(): Promise<void> {
    const { meta } = this.q.keys
    const kept = await this.q.raw.hmget(meta, 'clock', 'swept', 'hold', 'stepped')
    const [clock = 0, swept = 0, was = 0, stepped = 0] = kept.map(Number)
    const steppedBack = stepped > 0 || clock - this.q.nowMs > 2_000
    const send = async () => {
      const { heldUntilMs, reaped } = await this.broker.reap('q', LEASE_MS, RESULT_TTL_MS)
      return heldUntilMs ?? reaped.map(({ outcome, id, worker }) => `${outcome} ${id} ${worker}`)
    }
    const expected = (nowMs: number): unknown => {
      let hold = was
      if (steppedBack) {
        for (const grant of this.model.grants.values()) grant.untilMs = Math.min(grant.untilMs, nowMs + LEASE_MS)
        hold = nowMs + Math.floor(LEASE_MS / 3)
      } else if (swept > 0 && nowMs - swept > LEASE_MS / 2) hold = nowMs + Math.floor(LEASE_MS / 3) + 1_000
      return nowMs < hold ? hold : verbs.reap(this.model, nowMs)
    }
    await this.step('reap', send, expected, false)
  }

  async promote(): Promise<void> {
    const send = async () => (await this.broker.promote('q')).moved
    await this.step('promote', send, (nowMs) => changes.promote(this.model, nowMs), false)
  }

  async cancel(ids: readonly string[]): Promise<void> {
    const asked = ids.some((id) => this.model.tasks.get(id)?.spot === 'active')
    const send = () => this.broker.cancel('q', ids, 'me', RESULT_TTL_MS)
    await this.step('cancel', send, (nowMs) => ids.map((id) => changes.cancel(this.model, id, nowMs)), true)
    if (asked) this.note('cancel', 'active', 'active')
  }

  async hasten(ids: readonly string[]): Promise<void> {
    const send = () => this.broker.hasten('q', ids, 'me')
    await this.step('hasten', send, () => ids.map((id) => changes.hasten(this.model, id)), true)
  }

  /** @param isStale what was shown is no longer what is stored. */
  async replayEdited(id: string, payload: number, isStale: boolean): Promise<void> {
    const was = this.model.tasks.get(id)?.new.envelope ?? ''
    const shown = isStale ? `${was} ` : was
    const envelope = was.replace(/[^\n]*$/, `${payload}`)
    const send = async () => {
      const edit = { shown: digestOf(shown), envelope }
      const [reply] = await this.broker.replay('q', [id], 'me', 'op', edit)
      return reply!.owner === undefined ? reply!.word : `${reply!.word} of ${reply!.owner}`
    }
    await this.step('replay', send, () => changes.replayEdited(this.model, id, shown, envelope), true)
  }

  async replay(ids: readonly string[]): Promise<void> {
    const send = async () =>
      (await this.broker.replay('q', ids, 'me', 'op')).map(({ word, owner }) =>
        owner === undefined ? word : `${word} of ${owner}`,
      )
    await this.step('replay', send, () => ids.map((id) => changes.replay(this.model, id)), true)
  }

  async purge(ids: readonly string[], now: boolean): Promise<void> {
    const send = () => this.broker.purge('q', ids, 'me', 'op', now ? 0 : TRASH_MS)
    await this.step('purge', send, (nowMs) => ids.map((id) => changes.purge(this.model, id, now, nowMs)), true)
  }

  async undo(ids: readonly string[]): Promise<void> {
    const send = () => this.broker.undo('q', ids, 'me', 'op')
    await this.step('undo', send, () => ids.map((id) => changes.undo(this.model, id)), true)
  }

  async pause(on: boolean): Promise<void> {
    const word = this.model.isPaused === on ? 'unchanged' : on ? 'paused' : 'resumed'
    this.model.isPaused = on
    assert.equal(await this.broker.pause('q', 'me', on), word)
    this.lossy.loses = false
    await this.agree('pause')
  }

  async flow(parents: readonly (readonly [id: string, policy: FailurePolicy])[], item: NewItem): Promise<void> {
    const edges = new Map(parents.map(([id, policy]) => [id, { queue: 'q', id, policy }]))
    const task = { ...this.#task({ ...item, id: 9, key: 9, unique: 9 }), edges: [...edges.values()] }
    const send = async () => (await this.flows.enqueue('q', [{ task, children: [] }], true))[0]!.word
    await this.step('flow', send, (nowMs) => flows.flow(this.model, task, nowMs), true)
  }

  async forward(): Promise<void> {
    const context = { redis: this.lossy.client, namespace: this.q.namespace, calls: this.flows }
    const send = () => forwardAll(this.q, ['q'], context)
    await this.step('unblock', send, (nowMs) => flows.forward(this.model, nowMs), false)
  }

  async sweep(): Promise<void> {
    const send = () => this.broker.sweep('q')
    await this.step('sweep', send, (nowMs) => ({ ...changes.sweep(this.model, nowMs), more: false }), false)
  }
}
