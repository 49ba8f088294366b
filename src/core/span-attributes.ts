import type { ItemResult } from './enqueue-result.ts'

/**
 * What spans say, by OpenTelemetry's conventions for messaging: a queue is a destination, a task a message. What these have
 * no word for begins with `distributedq`.
 */
export type Said = Record<string, string | number>

const SYSTEM = { 'messaging.system': 'distributedq' }

/** One call of a producer. */
export interface Enqueuing {
  readonly operation: 'enqueue' | 'enqueue_many' | 'enqueue_flow'
  readonly types: readonly string[]
  /** The trace context that the caller wants its task to carry. */
  readonly given?: string | undefined
  /** Payloads are encrypted: what is wrong with one is said by the code of the error alone, since its message may quote it. */
  readonly isSecret: boolean
}

/** Of several types at once none: names of spans are what latencies are grouped by. */
const soleType = ({ types }: Enqueuing): string | undefined => (new Set(types).size === 1 ? types[0] : undefined)

export function enqueueName(about: Enqueuing): string {
  const type = soleType(about)
  return type === undefined ? about.operation : `${about.operation} ${type}`
}

export function enqueueSaid(about: Enqueuing): Said {
  const type = soleType(about)
  return {
    ...SYSTEM,
    'messaging.operation.name': about.operation,
    'messaging.operation.type': 'send',
    ...(type === undefined ? {} : { 'distributedq.task.type': type }),
  }
}

/** What became of each task, known at the end. */
export function resultsSaid({ operation }: Enqueuing, queues: readonly string[], results: readonly ItemResult[]): Said {
  const said: Said = {}
  const [queue] = queues
  if (queue !== undefined && queues.every((one) => one === queue)) said['messaging.destination.name'] = queue
  if (operation !== 'enqueue') {
    said['messaging.batch.message_count'] = results.length
    said['distributedq.refused_count'] = results.filter((result) => 'error' in result).length
  } else if (results[0] !== undefined && 'id' in results[0]) {
    said['messaging.message.id'] = results[0].id
    said['distributedq.task.outcome'] = results[0].outcome
  }
  return said
}

/** One run of a task. */
export interface Run {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly attempt: number
  readonly worker: string
  /** As its envelope has it. */
  readonly traceparent: string | undefined
  /** Since it could have run; undefined when that is not known. */
  readonly waitMs: number | undefined
}

export const runSaid = ({ id, type, queue, attempt, worker, waitMs }: Run): Said => ({
  ...SYSTEM,
  'messaging.destination.name': queue,
  'messaging.message.id': id,
  'messaging.client.id': worker,
  'distributedq.task.type': type,
  'distributedq.task.attempt': attempt,
  ...(waitMs === undefined ? {} : { 'distributedq.task.wait_ms': Math.round(waitMs) }),
})

export const PROCESS_SAID: Said = { 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' }

/** How a run ended. */
export interface RunEnd {
  readonly outcome: string
  /** Until it may run again. */
  readonly delayMs?: number | undefined
  readonly failed?: Failed | undefined
}

export interface Failed {
  /** What kind of failure, of which there are few. */
  readonly kind: string
  readonly message: string
  readonly stack?: string | undefined
}

export const endSaid = ({ outcome, delayMs }: RunEnd): Said => ({
  'distributedq.task.outcome': outcome,
  ...(delayMs === undefined ? {} : { 'distributedq.task.delay_ms': Math.round(delayMs) }),
})
