import type { FailurePolicy } from '../../src/core/depend.ts'
import { decodeEnvelope } from '../../src/core/envelope.ts'
import { PRIORITIES, PRIORITY_LETTER, type Priority } from '../../src/core/priority.ts'
import type { Place } from '../../src/core/states.ts'
import type { NewTask } from '../../src/core/verbs.ts'
import { relationsOf } from './model-flows.ts'

export const LEASE_MS = 10_000
export const TIMEOUT_MS = 60_000
export const GRACE_MS = 5_000
export const RESULT_TTL_MS = 50_000
export const TRASH_MS = 30_000

type Spot = 'pending' | 'scheduled' | 'blocked' | 'active' | 'dead' | 'trash'
/** runs, retries, crashes, suspect, snoozes, unknown since */
export type Counts = [number, number, number, number, number, number]

export interface ModelTask {
  readonly id: string
  new: NewTask
  spot: Spot
  priority: Priority
  atMs: number
  nonce: string
  deadlineMs: number
  counts: Counts | undefined
  isCancelAsked: boolean
  reapedBy: string | undefined
  /** While it is in the trash: until when. */
  trashMs?: number
}

export interface ModelGrant {
  readonly nonce: string
  readonly worker: string
  readonly ids: readonly string[]
  readonly alone: boolean
  untilMs: number
}

export interface Entry {
  readonly id: string
  isGhost: boolean
}

/** Where every id has to be: the rules of the engine once more, in memory, one id at a time. */
export class Model {
  readonly tasks = new Map<string, ModelTask>()
  /** Next to run first. */
  readonly lines: Record<Priority, Entry[]> = { high: [], default: [], low: [] }
  readonly grants = new Map<string, ModelGrant>()
  readonly tombs = new Map<string, { untilS: number; hash: number }>()
  readonly keys = new Map<string, string>()
  /** What makes a task unique → the task. No time of uniqueness ends while a sequence runs. */
  readonly uniques = new Map<string, string>()
  /** Finished tasks whose record is kept: until when, and how they ended. */
  readonly records = new Map<string, { untilMs: number; how: 'completed' | 'cancelled' }>()
  readonly cursors = new Map<string, number>()
  /** Tasks on which others depend → those others, until they are gone. */
  readonly children = new Map<string, Set<string>>()
  readonly parents = new Map<string, readonly string[]>()
  /** Parents that have not completed: the policy of each, and the last death of it that is known. */
  readonly open = new Map<string, Map<string, { policy: FailurePolicy; mark: number }>>()
  /** How tasks ended of which others have not heard yet. */
  readonly facts = new Map<string, { outcome: 'done' | 'dead' | 'gone'; mark: number }>()
  /** How parents ended whose children are not all gone. */
  readonly kept = new Map<string, 'done' | 'gone'>()
  drainer: { worker: string; untilMs: number } | undefined
  isPaused = false

  /** The state or place of an id, as `TRANSITIONS` names it. */
  placeOf(id: string): Place | 'none' {
    const task = this.tasks.get(id)
    if (task === undefined) return this.records.get(id)?.how ?? 'none'
    if (task.spot === 'scheduled') return (task.counts?.[1] ?? 0) > 0 ? 'retrying' : 'scheduled'
    return task.spot
  }

  counts(task: ModelTask): Counts {
    task.counts ??= [0, 0, 0, 0, 0, 0]
    return task.counts
  }

  /** To the end of the line, or into the dead entry that the id still has there. */
  join(task: ModelTask): void {
    task.spot = 'pending'
    for (const line of Object.values(this.lines)) {
      const entry = line.find(({ id, isGhost }) => id === task.id && isGhost)
      if (entry === undefined) continue
      entry.isGhost = false
      return
    }
    this.lines[task.priority].push({ id: task.id, isGhost: false })
  }

  toFront(task: ModelTask): void {
    task.spot = 'pending'
    this.lines[task.priority].unshift({ id: task.id, isGhost: false })
  }

  leaveLine(id: string): void {
    for (const line of Object.values(this.lines)) for (const entry of line) if (entry.id === id) entry.isGhost = true
  }

  schedule(task: ModelTask, dueMs: number): void {
    task.spot = 'scheduled'
    task.atMs = dueMs
  }

  /** Takes an active task out of its grant. */
  letGo(task: ModelTask): void {
    const { nonce } = task
    task.nonce = ''
    if ([...this.tasks.values()].every((other) => other.spot !== 'active' || other.nonce !== nonce || other === task))
      this.grants.delete(nonce)
  }

  /** The end of an id outside its place: its key and its tomb. */
  free(task: ModelTask, nowMs: number, hasSucceeded: boolean): void {
    const { idempotencySha: sha, contentHash: hash } = task.new
    if (sha !== undefined && this.keys.get(sha) === task.id && !hasSucceeded) this.keys.delete(sha)
    const unique = uniqueOf(task.new)
    if (unique !== undefined && this.uniques.get(unique) === task.id && !hasSucceeded) this.uniques.delete(unique)
    const ttlS = Number(
      /\|k=(\d+)|^k=(\d+)/.exec(decodeEnvelope(task.new.envelope).extras)?.slice(1).find(Boolean) ?? 86_400,
    )
    if (hash !== undefined) this.tombs.set(task.id, { untilS: Math.floor(nowMs / 1_000) + ttlS, hash })
  }

  end(task: ModelTask, nowMs: number, how: 'completed' | 'cancelled', recordTtlMs: number): void {
    this.tasks.delete(task.id)
    this.free(task, nowMs, how === 'completed')
    this.tell(task.id, how === 'completed' ? 'done' : 'gone', 0)
    if (recordTtlMs > 0) this.records.set(task.id, { untilMs: nowMs + recordTtlMs, how })
  }

  die(task: ModelTask, nowMs: number): void {
    task.spot = 'dead'
    task.atMs = nowMs
    this.free(task, nowMs, false)
    this.tell(task.id, 'dead', nowMs)
  }

  /** Notes how a task ended, for those whom it concerns. */
  tell(id: string, outcome: 'done' | 'dead' | 'gone', mark: number, isKept = outcome !== 'dead'): void {
    const hasChildren = this.children.has(id)
    if (hasChildren && isKept && outcome !== 'dead') this.kept.set(id, outcome)
    if (hasChildren || this.parents.has(id)) this.facts.set(id, { outcome, mark })
  }

  /** One new task: the word that answers it. */
  enqueue(task: NewTask, nowMs: number): string {
    const there = this.tasks.get(task.id)
    if (there !== undefined) {
      // What was edited is still what its producer enqueued.
      const isSame = there.new.envelope === task.envelope || there.new.contentHash === task.contentHash
      return isSame ? 'duplicate' : 'conflict'
    }
    const tomb = task.contentHash === undefined ? undefined : this.tombs.get(task.id)
    if (tomb !== undefined) return tomb.hash === task.contentHash ? 'duplicate' : 'conflict'
    const owner = task.idempotencySha === undefined ? undefined : this.keys.get(task.idempotencySha)
    if (owner !== undefined) return `duplicate of ${owner}`
    const unique = uniqueOf(task)
    const rival = unique === undefined ? undefined : this.uniques.get(unique)
    if (task.unique === 'drop' && rival !== undefined) return `duplicate of ${rival}`
    const waiting = task.unique === 'replace' && rival !== undefined ? this.tasks.get(rival) : undefined
    if (waiting !== undefined && isUntouched(waiting)) return this.#replace(waiting, task, nowMs)
    if (task.idempotencySha !== undefined) this.keys.set(task.idempotencySha, task.id)
    if (unique !== undefined) this.uniques.set(unique, task.id)
    this.#put(this.add(task), task, nowMs)
    return 'enqueued'
  }

  /** A task that waits for its first run becomes another one; due at once, it keeps its place in line. */
  #replace(waiting: ModelTask, task: NewTask, nowMs: number): string {
    this.free(waiting, nowMs, true)
    const stays = waiting.spot === 'pending' && task.when === 'now'
    const letter = PRIORITY_LETTER[waiting.new.priority]
    waiting.new = stays ? { ...task, priority: waiting.new.priority, envelope: letter + task.envelope.slice(1) } : task
    if (task.idempotencySha !== undefined) this.keys.set(task.idempotencySha, waiting.id)
    if (!stays) {
      if (waiting.spot === 'pending') this.leaveLine(waiting.id)
      waiting.priority = task.priority
      this.#put(waiting, task, nowMs)
    }
    return `replaced of ${waiting.id}`
  }

  #put(into: ModelTask, task: NewTask, nowMs: number): void {
    if (task.when === 'now') this.join(into)
    else this.schedule(into, task.when === 'in' ? nowMs + task.timeMs : task.timeMs)
  }

  add(task: NewTask): ModelTask {
    const fresh = { spot: 'pending', atMs: 0, nonce: '', deadlineMs: 0, counts: undefined } as const
    const added: ModelTask = {
      ...fresh,
      id: task.id,
      new: task,
      priority: task.priority,
      isCancelAsked: false,
      reapedBy: undefined,
    }
    this.tasks.set(task.id, added)
    return added
  }

  /** Everything that can be compared with what Redis keeps. */
  summary(): object {
    const having = (spot: Spot, value: (task: ModelTask) => unknown) =>
      Object.fromEntries(
        [...this.tasks.values()].filter((task) => task.spot === spot).map((task) => [task.id, value(task)]),
      )
    return {
      lines: PRIORITIES.map((priority) => this.lines[priority].map(({ id, isGhost }) => (isGhost ? `(${id})` : id))),
      scheduled: having('scheduled', (task) => `${PRIORITY_LETTER[task.priority]}${task.atMs}`),
      active: having(
        'active',
        (task) => `${task.nonce}|${(task.counts?.[0] ?? 0) + 1}|${PRIORITY_LETTER[task.priority]}|${task.deadlineMs}`,
      ),
      dead: having('dead', (task) => task.atMs),
      blocked: Object.keys(having('blocked', () => 1)).toSorted(),
      ...relationsOf(this),
      trash: Object.keys(having('trash', () => 1)).toSorted(),
      attempts: Object.fromEntries(
        [...this.tasks.values()].flatMap(({ id, counts }) => (counts ? [[id, counts.join()]] : [])),
      ),
      cancels: [...this.tasks.values()]
        .filter((task) => task.isCancelAsked)
        .map(({ id }) => id)
        .toSorted(),
      reaped: Object.fromEntries(
        [...this.tasks.values()].flatMap(({ id, reapedBy }) => (reapedBy ? [[id, reapedBy]] : [])),
      ),
      leases: Object.fromEntries([...this.grants.values()].map(({ nonce, untilMs }) => [nonce, untilMs])),
      tombs: Object.fromEntries([...this.tombs].map(([id, { untilS, hash }]) => [id, untilS * 1_048_576 + hash])),
      records: Object.fromEntries([...this.records].map(([id, { untilMs }]) => [id, untilMs])),
      cursors: Object.fromEntries(this.cursors),
      keys: Object.fromEntries(this.keys),
      uniques: Object.fromEntries(this.uniques),
    }
  }
}

export const uniqueOf = ({ envelope }: NewTask): string | undefined =>
  /(?:^|\|)u=([^|]*)/.exec(decodeEnvelope(envelope).extras)?.[1]

const isUntouched = ({ spot, counts }: ModelTask): boolean =>
  (spot === 'pending' || spot === 'scheduled') && (counts?.[0] ?? 0) === 0
