import { contentHash, decodeEnvelope } from '../../src/core/envelope.ts'
import { PRIORITIES, PRIORITY_LETTER, type Priority } from '../../src/core/priority.ts'
import type { Place } from '../../src/core/states.ts'
import type { NewTask } from '../../src/core/verbs.ts'

export const LEASE_MS = 10_000
export const TIMEOUT_MS = 60_000
export const GRACE_MS = 5_000
export const RESULT_TTL_MS = 50_000
export const TRASH_MS = 30_000

type Spot = 'pending' | 'scheduled' | 'active' | 'dead' | 'trash'
/** runs, retries, crashes, suspect, snoozes, unknown since */
export type Counts = [number, number, number, number, number, number]

export interface ModelTask {
  readonly id: string
  readonly new: NewTask
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
  /** Finished tasks whose record is kept: until when, and how they ended. */
  readonly records = new Map<string, { untilMs: number; how: 'completed' | 'cancelled' }>()
  readonly cursors = new Map<string, number>()
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
    const ttlS = Number(
      /\|k=(\d+)|^k=(\d+)/.exec(decodeEnvelope(task.new.envelope).extras)?.slice(1).find(Boolean) ?? 86_400,
    )
    if (hash !== undefined) this.tombs.set(task.id, { untilS: Math.floor(nowMs / 1_000) + ttlS, hash })
  }

  end(task: ModelTask, nowMs: number, how: 'completed' | 'cancelled', recordTtlMs: number): void {
    this.tasks.delete(task.id)
    this.free(task, nowMs, how === 'completed')
    if (recordTtlMs > 0) this.records.set(task.id, { untilMs: nowMs + recordTtlMs, how })
  }

  die(task: ModelTask, nowMs: number): void {
    task.spot = 'dead'
    task.atMs = nowMs
    this.free(task, nowMs, false)
  }

  /** One new task: the word that answers it. */
  enqueue(task: NewTask, nowMs: number): string {
    const there = this.tasks.get(task.id)
    if (there !== undefined) {
      const isSame = there.new.envelope === task.envelope || hashOf(there.new) === task.contentHash
      return isSame ? 'duplicate' : 'conflict'
    }
    const tomb = task.contentHash === undefined ? undefined : this.tombs.get(task.id)
    if (tomb !== undefined) return tomb.hash === task.contentHash ? 'duplicate' : 'conflict'
    const owner = task.idempotencySha === undefined ? undefined : this.keys.get(task.idempotencySha)
    if (owner !== undefined) return `duplicate of ${owner}`
    if (task.idempotencySha !== undefined) this.keys.set(task.idempotencySha, task.id)
    const added = this.add(task)
    if (task.when === 'now') this.join(added)
    else this.schedule(added, task.when === 'in' ? nowMs + task.timeMs : task.timeMs)
    return 'enqueued'
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
    }
  }
}

const hashOf = (task: NewTask): number | undefined =>
  task.contentHash === undefined ? undefined : contentHash(decodeEnvelope(task.envelope))
