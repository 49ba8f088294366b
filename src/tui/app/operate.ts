import { setTimeout as pause } from 'node:timers/promises'
import { DqError, messageOf } from '../../core/errors.ts'
import type { OperationInfo } from '../../core/task.ts'
import type { ConsoleOperations } from '../source/source.ts'
import { countOfParts } from '../state/operation-plans.ts'
import type { Act, Change } from '../state/plan.ts'
import { plural } from '../text/format.ts'
import { type Safe, join, safeLine, say } from '../text/safe.ts'
import type { Result } from './result.ts'

type Operate = Extract<Act, { kind: 'operate' }>
type Steer = Extract<Act, { kind: 'steer' }>

interface Begun {
  readonly queue: string
  readonly operation: string
}

export interface OperatingOptions {
  readonly operations: ConsoleOperations
  /** Tells what became of an operation that was driven here. */
  readonly onEnd: (result: Result) => void
}

/** Between two looks at an operation that somebody else drives, that waits for its rate, or that is paused. */
const LOOK_MS = 500

const WORDS = {
  replay: { noun: say`replay`, did: say`replayed` },
  purge: { noun: say`purge`, did: say`deleted` },
} as const

/** Of operations that were begun as one. */
function summary(kind: 'replay' | 'purge', ended: readonly OperationInfo[]): Result {
  const sum = (of: (info: OperationInfo) => number): number => ended.reduce((total, info) => total + of(info), 0)
  const [done, skipped] = [sum((info) => info.done), sum((info) => info.skipped)]
  const parts: Safe[] = [say`${WORDS[kind].did} ${plural(done, say`task`)}`]
  if (skipped > 0) parts.push(say`${skipped} skipped: no longer dead, or another task has their key`)
  if (ended.some(({ state }) => state === 'cancelled')) parts.push(say`ended before it was through`)
  if (kind === 'purge' && done > 0) parts.push(say`U takes it back for 15 minutes`)
  return { text: join(parts, ' · '), tone: done > 0 ? 'good' : 'warn', isAside: true }
}

/**
 * Begins bulk operations and drives them on while the console is there. They live in Redis: daemons do the same, nothing
 * is done twice, and they go on when the console is gone.
 */
export class Operating {
  readonly #options: OperatingOptions
  readonly #driven = new Set<string>()
  readonly #stopped = new AbortController()

  constructor(options: OperatingOptions) {
    this.#options = options
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** One operation for each queue. What was begun before a failure goes on, and is told of. */
  async begin({ what, filter, parts, perSecond }: Operate, operations: ConsoleOperations): Promise<Result> {
    const begun: Begun[] = []
    let failure: Safe | undefined
    try {
      for (const { queue, beforeMs } of parts) {
        const given = { kind: what, filter, ratePerSecond: perSecond }
        const { id } = await operations.begin(queue, given, beforeMs)
        begun.push({ queue, operation: id })
      }
    } catch (error) {
      if (begun.length === 0) throw error
      failure = say`begun in ${begun.length} of ${parts.length} queues: ${safeLine(messageOf(error))}`
    }
    void this.#drive(what, begun)
    const tasks = plural(countOfParts(parts.slice(0, begun.length)), say`task`)
    const text = failure ?? say`${WORDS[what].noun} of ${tasks} begun: P pauses it, C ends it`
    const change = undoable(what, begun, tasks)
    return { text, tone: failure === undefined ? 'good' : 'bad', acted: [], ...(change && { change }) }
  }

  async steer({ queue, operation, action }: Steer, operations: ConsoleOperations): Promise<Result> {
    const state = await operations.steer(queue, operation, action)
    const wanted = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const
    if (state !== wanted[action]) {
      const now = state === 'unknown' ? say`there no more` : state === 'done' ? say`through already` : safeLine(state)
      return { text: say`nothing changed: the operation is ${now}`, tone: 'warn' }
    }
    const info = await operations.find(queue, operation)
    if (action === 'resume' && info !== undefined) void this.#drive(info.kind, [{ queue, operation }])
    const done = say`${plural(info?.done ?? 0, say`task`)} done`
    const texts = {
      pause: say`paused: ${done}, P lets it go on`,
      resume: say`it goes on: ${done} so far`,
      cancel: say`ended: ${done}, the others are as they were`,
    }
    return { text: texts[action], tone: 'good' }
  }

  async #drive(kind: 'replay' | 'purge', begun: readonly Begun[]): Promise<void> {
    const ours = begun.filter(({ operation }) => !this.#driven.has(operation))
    const ended = await Promise.all(ours.map((one) => this.#follow(one)))
    const known = ended.filter((info) => info !== undefined)
    if (known.length > 0) this.#options.onEnd(summary(kind, known))
  }

  /** @returns what became of it; undefined when it is no longer there, or not followed to its end. */
  async #follow({ queue, operation }: Begun): Promise<OperationInfo | undefined> {
    this.#driven.add(operation)
    try {
      while (!this.#stopped.signal.aborted) {
        const waitMs = await this.#step(queue, operation)
        if (waitMs === undefined) return await this.#options.operations.find(queue, operation)
        if (waitMs > 0) await pause(Math.min(waitMs, LOOK_MS), undefined, { ref: false })
      }
      return undefined
    } catch (error) {
      // The connection went at the last moment; what became of it is in the audit.
      if (!(error instanceof DqError)) throw error
      return undefined
    } finally {
      this.#driven.delete(operation)
    }
  }

  /** @returns when to come again, ms; undefined: it is over. */
  async #step(queue: string, operation: string): Promise<number | undefined> {
    try {
      const { state, waitMs } = await this.#options.operations.step(queue, operation)
      return state === 'paused' ? LOOK_MS : waitMs
    } catch (error) {
      // The connection is away for a while, and others drive it meanwhile.
      if (!(error instanceof DqError)) throw error
      return LOOK_MS
    }
  }
}

function undoable(what: 'replay' | 'purge', begun: readonly Begun[], tasks: Safe): Change | undefined {
  if (what !== 'purge') return undefined
  const from = safeLine(begun.map(({ queue }) => queue).join(', '), 60)
  return { kind: 'purge', purges: begun, isOperation: true, label: say`purge of ${tasks} from the DLQ of ${from}` }
}
