import type { Events } from '../events.ts'
import type { Failure } from '../outcome.ts'
import type { WordOf } from '../replies.ts'
import type { ReleaseItem } from '../verbs.ts'
import { toldOf } from './payload.ts'
import type { Running } from './running.ts'

/** Counts what became of tasks and tells the listeners: after Redis has accepted it, so that no number is a hope. */
export class Report {
  readonly #events: Events
  readonly #worker: string
  completed = 0
  failed = 0

  constructor(events: Events, worker: string) {
    this.#events = events
    this.#worker = worker
  }

  get events(): Events {
    return this.#events
  }

  trouble(doing: string, queue: string | undefined, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.#events.emit('worker.error', { id: this.#worker, queue, doing, error })
  }
}

const durationOf = (run: Running): number => Math.max(0, performance.now() - run.startedAt)

/** Words that mean the same whatever was asked for. @returns whether it was one of them. */
function reportCommon({ events }: Report, run: Running, word: string): boolean {
  if (word === 'stale') events.emit('task.stale', run.event)
  else if (word === 'cancelled') events.emit('task.cancelled', run.event)
  else return false
  return true
}

export function reportCompleted(report: Report, run: Running, word: WordOf<'complete'>): void {
  const { events } = report
  if (word !== 'stale') report.completed++
  else if (reportCommon(report, run, word)) return
  if (events.has('task.completed'))
    events.emit('task.completed', { ...run.event, durationMs: durationOf(run), late: word === 'late' })
}

export function reportFailed(report: Report, run: Running, decision: Failure, word: WordOf<'fail'>): void {
  const { events } = report
  if (run.phase === 'zombie') events.emit('task.zombie', run.event)
  if (reportCommon(report, run, word)) return
  report.failed++
  const common = { ...run.event, error: toldOf(run, decision.reason), durationMs: durationOf(run) }
  if (decision.verb === 'retry')
    events.emit('task.retrying', { ...common, delayMs: decision.delayMs, reason: decision.reason })
  else if (decision.verb === 'dead') events.emit('task.dead', { ...common, reason: decision.reason })
  else events.emit('task.crashed', common)
}

export function reportReleased(
  report: Report,
  run: Running,
  mode: ReleaseItem['mode'],
  delayMs: number,
  word: WordOf<'release'>,
): void {
  const { events } = report
  if (reportCommon(report, run, word)) return
  if (mode === 'front') events.emit('task.released', run.event)
  else if (mode === 'snooze' || mode === 'refused') events.emit('task.snoozed', { ...run.event, delayMs })
  else events.emit('task.unknown', { ...run.event, delayMs, missingKey: run.missingKey })
}
