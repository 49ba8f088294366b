import { Events } from '../../../src/core/events.ts'

/** What a handler does with a task of that kind, and so how often it runs when nothing else happens to it. */
export const KINDS = { ok: 1, slow: 1, fail: 2, snooze: 2, die: 1 } as const
export type Kind = keyof typeof KINDS
export const isKind = (kind: unknown): kind is Kind => typeof kind === 'string' && kind in KINDS

/** Everything that clients and workers were told by Redis, and what handlers did; kept outside of it. */
export class Told {
  readonly events = new Events()
  /** Acknowledged, by id. */
  readonly enqueued = new Map<string, Kind>()
  /** May be cancelled without spoiling what an answer has to be. */
  readonly common: string[] = []
  /** Enqueues that got no answer. */
  unknown = 0
  readonly runs = new Map<string, number>()
  readonly replays = new Map<string, number>()
  readonly cancelled = new Set<string>()
  readonly purged = new Set<string>()
  /** Replies counted by what they said. */
  readonly counts = { cancelled: 0, replayed: 0, purged: 0, restored: 0, completed: 0, retried: 0, dead: 0, stale: 0 }
  /** Answers that cannot be true, in words. */
  readonly wrong: string[] = []

  constructor() {
    const { events, counts } = this
    events.on('task.completed', () => counts.completed++)
    events.on('task.retrying', () => counts.retried++)
    events.on('task.dead', () => counts.dead++)
    events.on('task.stale', () => counts.stale++)
    events.on('reaper.repaired', ({ count }) => void this.wrong.push(`${count} places had to be repaired`))
    events.on('task.cancelled', ({ id }) => {
      counts.cancelled++
      this.cancelled.add(id)
    })
  }

  /** Tasks that have not ended, as far as was told. */
  get open(): number {
    const { completed, cancelled, dead, replayed } = this.counts
    return this.enqueued.size + replayed - completed - cancelled - dead
  }

  ran(id: string): number {
    const runs = (this.runs.get(id) ?? 0) + 1
    this.runs.set(id, runs)
    return runs
  }

  /** A new id can only be `enqueued`. */
  fresh(kind: Kind, { id, outcome }: { readonly id: string; readonly outcome: string }): void {
    if (outcome !== 'enqueued' || this.enqueued.has(id)) this.wrong.push(`new task ${id} was answered ${outcome}`)
    this.enqueued.set(id, kind)
  }

  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.wrong.push(otherwise)
  }
}
