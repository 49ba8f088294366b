import type { Claimed } from '../claimed.ts'
import { isSealed } from '../encryption/sealed.ts'
import { Aborted } from '../errors.ts'
import type { Place } from '../isolation/children.ts'
import { type Decision, type SettledPolicy, decide } from '../outcome.ts'
import { resultRecord } from '../records.ts'
import { DEFAULT_RETRY } from '../retry.ts'
import { traceIdOf } from '../traceparent.ts'
import { Context, type ContextParts } from './context.ts'
import { describe, outcomeOf } from './failure.ts'
import type { Lane } from './lane.ts'
import { check, openRun, parse, refuse } from './payload.ts'
import { type ApartParts, runApart } from './apart.ts'
import { type Settings, policyOf } from './options.ts'
import { beginSpan, endSpan, waitOf } from './run-span.ts'
import { type Grant, Running } from './running.ts'
import type { Settler } from './settle.ts'
import type { Slots } from './slots.ts'
import { resultText } from './values.ts'

export interface RunnerParts {
  readonly settings: Settings
  readonly slots: Slots
  readonly settler: Pick<Settler, 'complete' | 'fail' | 'release'>
  readonly context: ContextParts
  readonly apart: ApartParts
  /** Whether a live worker anywhere has a handler for a type. */
  readonly isKnown: (type: string) => Promise<boolean>
  /** Whether one has a key that opens payloads. */
  readonly isKeyKnown: (kid: string) => Promise<boolean>
  /** A zombie's slot is free again. */
  readonly onFreed: () => void
  /** A process for suspects is free again. */
  readonly onSpare: (lane: Lane) => void
}

/**
 * Runs tasks. Each goes through the same steps over one value: find its handler, parse, validate, run, and conclude;
 * a step that fills in `outcome` ends the way. What becomes of it is `decide`'s to say, and writing it the settler's.
 */
export class Runner {
  readonly #parts: RunnerParts
  /** By type, for tasks without a limit of their own. */
  readonly #policies = new Map<string, SettledPolicy>()

  constructor(parts: RunnerParts) {
    this.#parts = parts
    for (const definition of parts.settings.tasks.values())
      this.#policies.set(definition.type, policyOf(parts.settings, definition, undefined))
  }

  /** @param now by `performance.now`; the same for all tasks of a grant. */
  start(grant: Grant, task: Claimed, now: number): Running {
    const { settings, slots } = this.#parts
    const { type, timeoutMs } = task.envelope
    const definition = settings.tasks.get(type)
    const run = new Running(
      grant,
      task,
      definition,
      now,
      now + (timeoutMs ?? definition?.timeoutMs ?? settings.taskTimeoutMs),
    )
    slots.add(run)
    beginSpan(run, settings.id)
    void this.#pass(run)
    return run
  }

  /** Gives a task back that came after the worker began to stop. */
  refuse(grant: Grant, task: Claimed, now: number): void {
    const run = new Running(grant, task, undefined, now, now)
    this.#parts.slots.add(run)
    this.giveBack(run)
  }

  /** The deadline has passed: the task is settled now; the handler is told, and keeps its slot until it ends. */
  expire(run: Running): void {
    if (run.definition === undefined) return this.giveBack(run)
    const timeoutMs = Math.round(run.deadlineAt - run.startedAt)
    run.message = `did not end within ${timeoutMs / 1000} s`
    // A child that does not end by itself is killed, and only then is the task settled: it never runs twice at once.
    if (run.child !== undefined) return run.abort(new Aborted('timeout', run.message))
    run.outcome = { kind: 'timeout' }
    this.#parts.slots.toZombie(run)
    this.#settle(run)
    run.abort(new Aborted('timeout', run.message))
  }

  /** Gives a task back, uncounted, though its handler may go on for a while. */
  giveBack(run: Running): void {
    run.outcome = { kind: 'interrupted' }
    this.#parts.slots.toGivenBack(run)
    this.#settle(run)
  }

  async #pass(run: Running): Promise<void> {
    const { task, grant } = run
    const place = this.#parts.apart.children.placeOf(task.envelope.type, task.suspect, grant.alone)
    try {
      if (run.task.envelope.malformed !== undefined) refuse(run, 'malformed', run.task.envelope.malformed)
      else if (run.definition === undefined) await this.#unknown(run)
      else if (!isSealed(run.payloadJson) || (await this.#open(run))) {
        if (place !== undefined) await this.#handleApart(run, place)
        else {
          parse(run)
          if (run.outcome === undefined && run.definition.schema !== undefined) await check(run)
          if (run.outcome === undefined) await this.#handle(run)
        }
      }
    } catch (thrown) {
      this.#caught(run, thrown)
    }
    this.#conclude(run)
  }

  async #unknown(run: Running): Promise<void> {
    const { type } = run.task.envelope
    const known = run.task.unknownSinceMs !== undefined && (await this.#parts.isKnown(type))
    if (run.phase !== 'running') return
    run.message = `no worker has a handler for ${type}`
    run.outcome = { kind: 'unknown_type', known }
  }

  /** @returns whether its payload is open now. */
  async #open(run: Running): Promise<boolean> {
    const kid = openRun(run, this.#parts.settings.keyring)
    if (kid === undefined) return run.outcome === undefined
    const known = run.task.unknownSinceMs !== undefined && (await this.#parts.isKeyKnown(kid))
    if (run.phase === 'running') run.outcome = { kind: 'no_key', known }
    return false
  }

  #started(run: Running): void {
    const { events } = this.#parts.context
    if (events.has('task.started')) events.emit('task.started', { ...run.event, waitMs: waitOf(run) })
  }

  async #handleApart(run: Running, place: Place): Promise<void> {
    this.#started(run)
    try {
      await runApart(this.#parts.apart, run, place, this.#ttlOf(run) > 0)
    } finally {
      if (place.isSuspect) this.#parts.onSpare(run.grant.lane)
    }
  }

  async #handle(run: Running): Promise<void> {
    const { context } = this.#parts
    this.#started(run)
    const told = new Context(run, context)
    const call = (): unknown => run.definition!.run(run.payload as never, told)
    const returned = run.span === undefined ? call() : run.span.within(call)
    const result = isThenable(returned) ? await returned : returned
    if (run.phase !== 'running') return
    if (result !== undefined && this.#ttlOf(run) > 0) run.resultJson = resultText(result)
    run.outcome = { kind: 'returned' }
  }

  #caught(run: Running, thrown: unknown): void {
    if (run.phase !== 'running') return
    const why = run.aborted?.why
    let cause = thrown
    try {
      // What a handler throws because its lease is gone says nothing about the task.
      run.outcome = why === 'lease_lost' ? { kind: 'interrupted' } : outcomeOf(thrown)
    } catch (bad) {
      run.outcome = { kind: 'threw', error: bad }
      cause = bad
    }
    const { message, stack } = describe(cause)
    run.message = message
    run.stack = stack
  }

  #conclude(run: Running): void {
    const wasRunning = run.phase === 'running'
    this.#parts.slots.end(run)
    if (wasRunning) this.#settle(run)
    else this.#parts.onFreed()
  }

  #policyOf({ task, definition }: Running): SettledPolicy {
    const { type, maxRetries } = task.envelope
    const policy = maxRetries === undefined ? this.#policies.get(type) : undefined
    return policy ?? policyOf(this.#parts.settings, definition ?? { retry: DEFAULT_RETRY }, maxRetries)
  }

  #ttlOf(run: Running): number {
    return run.task.envelope.resultTtlMs ?? run.definition?.resultTtlMs ?? this.#parts.settings.resultTtlMs
  }

  #settle(run: Running): void {
    const { settings, settler } = this.#parts
    const now = performance.now()
    const nowMs = Math.round(now + run.grant.redisOffsetMs)
    const decision: Decision = decide(run.task, run.outcome!, this.#policyOf(run), settings.random, nowMs)
    endSpan(run, decision)
    switch (decision.verb) {
      case 'complete':
        return this.#complete(run, nowMs)
      case 'retry':
      case 'dead':
      case 'crash':
        return settler.fail(run, decision, nowMs)
      case 'snooze':
      case 'refused':
      case 'unknown':
        return settler.release(run, decision.verb, decision.delayMs)
      case 'release':
        return settler.release(run, 'front', 0)
      default: {
        const none: never = decision
        return none
      }
    }
  }

  #complete(run: Running, finishedAtMs: number): void {
    const { task, grant, resultJson } = run
    const ttlMs = this.#ttlOf(run)
    if (ttlMs === 0) return this.#parts.settler.complete(run, 0, undefined)
    const about = {
      type: task.envelope.type,
      attempt: task.attempt,
      worker: this.#parts.settings.id,
      createdAtMs: task.envelope.createdAtMs,
      startedAtMs: Math.round(run.startedAt + grant.redisOffsetMs),
      finishedAtMs,
      traceId: traceIdOf(run.traceparent),
      resultJson,
    }
    const record = resultRecord(about, run.seal)
    this.#parts.settler.complete(run, ttlMs, record)
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  value instanceof Promise ||
  (typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function')
