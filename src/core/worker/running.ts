import type { Claimed } from '../claimed.ts'
import type { Aborted } from '../errors.ts'
import type { TaskEvent } from '../events.ts'
import type { TaskDefinition } from '../handlers.ts'
import type { Outcome } from '../outcome.ts'
import type { Seal } from '../records.ts'
import { traceIdOf } from '../traceparent.ts'
import type { RunSpan } from '../tracing.ts'
import type { Lane } from './lane.ts'
import type { CompletionGroup } from './settle.ts'

/** What one claim handed to this worker; its lease covers all its tasks. Times are by `performance.now`. */
export interface Grant {
  readonly nonce: string
  readonly lane: Lane
  /** Its one task is a suspect, with nothing beside it. */
  readonly alone: boolean
  /** Its entry in `LiveGrants`. */
  readonly entry: number
  readonly claimedAt: number
  /** Redis's clock less ours at the claim: turns our times into Redis's. */
  readonly redisOffsetMs: number
  /** Tasks not yet settled. */
  left: number
  lost: boolean
  /** Completions that wait for the next settle call. */
  readonly groups: CompletionGroup[]
}

/**
 * `running`: its handler runs. `zombie`: past its deadline and settled, but its handler goes on and keeps the slot.
 * `given_back`: released at shutdown; whatever its handler does is ignored. `ended`: its handler has ended.
 */
type Phase = 'running' | 'zombie' | 'given_back' | 'ended'

/** One task in a slot: the value that the steps of `run.ts` work on. */
export class Running {
  readonly task: Claimed
  readonly grant: Grant
  readonly definition: TaskDefinition | undefined
  readonly startedAt: number
  readonly deadlineAt: number
  /** Where it stands in the list of its slots. */
  index = -1
  /** Grows with every task started. */
  order = 0
  phase: Phase = 'running'
  /** As the handler is to get it: opened, where it is encrypted. */
  payloadJson: string
  payload: unknown = undefined
  resultJson: string | undefined = undefined
  /** Encrypts what is told of a task whose payload is encrypted. */
  seal: Seal | undefined = undefined
  /** The key that its payload wants, where it is not here. */
  missingKey: string | undefined = undefined
  outcome: Outcome | undefined = undefined
  /** What the failure record says. */
  message = ''
  stack: string | undefined = undefined
  aborted: Aborted | undefined = undefined
  /** The process or thread in which it runs by itself. */
  child: { readonly abort: (reason: Aborted) => void; readonly kill: () => void } | undefined = undefined
  span: RunSpan | undefined = undefined
  #controller: AbortController | undefined

  constructor(
    grant: Grant,
    task: Claimed,
    definition: TaskDefinition | undefined,
    startedAt: number,
    deadlineAt: number,
  ) {
    this.grant = grant
    this.task = task
    this.payloadJson = task.envelope.payloadJson
    this.definition = definition
    this.startedAt = startedAt
    this.deadlineAt = deadlineAt
  }

  /** Made when first touched: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.aborted !== undefined) this.#controller.abort(this.aborted)
    }
    return this.#controller.signal
  }

  /** The first reason stays. */
  abort(reason: Aborted): void {
    if (this.aborted !== undefined) return
    this.aborted = reason
    this.#controller?.abort(reason)
    this.child?.abort(reason)
  }

  /** Of its span; where nobody traces as its producer gave it. */
  get traceparent(): string | undefined {
    return this.span?.traceparent ?? this.task.envelope.traceparent
  }

  get event(): TaskEvent {
    const { id, attempt, envelope } = this.task
    return { id, type: envelope.type, queue: this.grant.lane.queue, attempt, traceId: traceIdOf(this.traceparent) }
  }
}
