import { hidden } from '../../core/encryption/sealed.ts'
import type { Relations, Relative } from '../../core/relations.ts'
import type { AttemptInfo, Json, TaskInfo } from '../../core/task.ts'
import { prettyJson } from '../text/json.ts'
import { type Safe, safeBlock, safeLine, say } from '../text/safe.ts'
import type { TaskRef } from './source.ts'

export interface AttemptRow {
  readonly attempt: number
  readonly atMs: number
  readonly worker: Safe
  readonly reason: Safe
  readonly message: Safe
}

/** A task that this one depends on, or that depends on it. */
export interface RelativeRow {
  readonly id: Safe
  readonly queue: Safe
  readonly type: Safe
  readonly state: Safe
  readonly isBad: boolean
}

/** One task in full, ready to be read. Times are ms since the epoch. */
export interface TaskDoc {
  readonly ref: TaskRef
  readonly id: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly state: Safe
  readonly isDead: boolean
  readonly attempt: number
  readonly maxRetries: number | undefined
  readonly worker: Safe | undefined
  readonly idempotencyKey: Safe | undefined
  readonly traceId: Safe | undefined
  readonly cancelRequested: boolean
  /** As its handler last said, while it runs. */
  readonly progress: number | undefined
  readonly createdAtMs: number | undefined
  readonly runAtMs: number | undefined
  readonly startedAtMs: number | undefined
  readonly finishedAtMs: number | undefined
  readonly leaseExpiresAtMs: number | undefined
  readonly deadlineAtMs: number | undefined
  readonly attempts: readonly AttemptRow[]
  readonly parents: readonly RelativeRow[]
  readonly children: readonly RelativeRow[]
  readonly payloadBytes: number | undefined
  readonly payload: readonly Safe[]
  readonly error: readonly Safe[]
  readonly result: readonly Safe[]
}

const optional = (text: string | undefined): Safe | undefined => (text === undefined ? undefined : safeLine(text))

const toAttempt = (info: AttemptInfo): AttemptRow => ({
  attempt: info.attempt,
  atMs: info.atMs,
  worker: safeLine(info.worker ?? ''),
  reason: safeLine(info.reason),
  message: safeLine(info.message),
})

/** A stack usually begins with the message; then the message need not stand there twice. */
function errorLines(error: AttemptInfo | undefined): readonly Safe[] {
  if (error === undefined) return []
  if (error.stack === undefined || error.stack === '') return safeBlock(error.message)
  return error.stack.includes(error.message) ? safeBlock(error.stack) : safeBlock(`${error.message}\n${error.stack}`)
}

const NO_PAYLOAD: readonly Safe[] = [say`(not kept)`]

/** What is encrypted is no JSON, and gets no quotes. */
const valueLines = (value: Json, sealed: string | undefined): readonly Safe[] =>
  sealed === undefined ? prettyJson(value) : [safeLine(hidden(sealed))]

const toRelative = ({ id, queue, type, state }: Relative): RelativeRow => ({
  id: safeLine(id),
  queue: safeLine(queue),
  type: safeLine(type ?? ''),
  state: safeLine(state),
  isBad: state === 'dead' || state === 'gone',
})

export const toTaskDoc = (info: TaskInfo, { parents, children }: Relations): TaskDoc => ({
  ref: { queue: info.queue, id: info.id },
  id: safeLine(info.id),
  type: safeLine(info.type),
  queue: safeLine(info.queue),
  priority: safeLine(info.priority),
  state: safeLine(info.state),
  isDead: info.state === 'dead',
  attempt: info.attempt,
  maxRetries: info.maxRetries,
  worker: optional(info.worker),
  idempotencyKey: optional(info.idempotencyKey),
  traceId: optional(info.traceId),
  cancelRequested: info.cancelRequested,
  progress: info.progress,
  createdAtMs: info.createdAtMs,
  runAtMs: info.runAtMs,
  startedAtMs: info.startedAtMs,
  finishedAtMs: info.finishedAtMs,
  leaseExpiresAtMs: info.leaseExpiresAtMs,
  deadlineAtMs: info.deadlineAtMs,
  attempts: info.attempts.map(toAttempt),
  parents: parents.map(toRelative),
  children: children.map(toRelative),
  payloadBytes: info.payloadBytes,
  payload: info.payload === undefined ? NO_PAYLOAD : valueLines(info.payload, info.sealed?.payload),
  error: errorLines(info.error),
  result: info.result === undefined ? [] : valueLines(info.result, info.sealed?.result),
})
