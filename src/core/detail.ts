import { hidden, isSealed, nameOf } from './encryption/sealed.ts'
import { decodeEnvelope, type Envelope } from './envelope.ts'
import { idTimeMs } from './ids.ts'
import type { QueueKeys } from './keys.ts'
import { type AttemptCounts, decodeCounts, decodeFailures, decodeResult } from './records.ts'
import type { Command } from './redis.ts'
import type { State } from './states.ts'
import type { Json, TaskInfo } from './task.ts'
import { traceIdOf } from './traceparent.ts'

/** The reads that show one task, whatever its state; `decodeDetail` takes their replies in this order. */
export const detailCommands = (keys: QueueKeys, id: string): Command[] => [
  ['HGET', keys.tasks, id],
  ['HGET', keys.holders, id],
  ['HGET', keys.attempts, id],
  ['HGET', keys.failures, id],
  ['ZSCORE', keys.dead, id],
  ['ZMSCORE', keys.scheduled, `h${id}`, `d${id}`, `l${id}`],
  ['HGET', keys.cancels, id],
  ['HGET', keys.results, id],
  ['ZSCORE', keys.trash, id],
  ['ZSCORE', keys.blocked, id],
  ['HEXISTS', keys.limited, id],
]
export const DETAIL_COMMANDS = 11

type Text = string | null

const numberOf = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text)

export interface Held {
  readonly nonce: string
  readonly attempt: number
  readonly deadlineAtMs: number
  /** What its handler last said with `progress`. */
  readonly progress: number | undefined
}

export function decodeHeld(text: Text): Held | undefined {
  if (text === null) return undefined
  const [nonce = '', attempt, , deadline, progress] = text.split('|')
  return { nonce, attempt: Number(attempt), deadlineAtMs: Number(deadline), progress: numberOf(progress) }
}

export interface Grant {
  readonly worker: string
  readonly claimedAtMs: number
  readonly leaseMs: number
  readonly alone: boolean
  readonly ids: readonly string[]
}

export function decodeGrant(text: Text): Grant | undefined {
  if (text === null) return undefined
  const [worker = '', claimed, lease, alone, ids = ''] = text.split('|')
  return {
    worker,
    claimedAtMs: Number(claimed),
    leaseMs: Number(lease),
    alone: alone === '1',
    ids: ids.split(' ').filter(Boolean),
  }
}

function parsePayload({ payloadJson, extras }: Envelope, id: string): Pick<TaskInfo, 'payload' | 'sealed'> {
  if (isSealed(payloadJson))
    return { payload: hidden(payloadJson), sealed: { payload: payloadJson, name: nameOf(payloadJson, id, extras) } }
  try {
    return { payload: JSON.parse(payloadJson) as Json }
  } catch {
    // Foreign content is shown as the text it is.
    return { payload: payloadJson }
  }
}

function fromResult(queue: string, id: string, text: string): TaskInfo | undefined {
  const record = decodeResult(text)
  if (record === undefined) return undefined
  return {
    ...EMPTY,
    id,
    queue,
    type: record.type,
    state: record.status,
    attempt: record.attempt ?? 0,
    createdAtMs: record.createdAtMs ?? idTimeMs(id),
    startedAtMs: record.startedAtMs,
    finishedAtMs: record.finishedAtMs,
    worker: record.worker,
    traceId: record.traceId,
    result: record.resultOmittedBytes === undefined ? record.result : `(not kept: ${record.resultOmittedBytes} bytes)`,
    ...(record.sealed === undefined ? {} : { sealed: { result: record.sealed } }),
  }
}

const EMPTY = {
  priority: 'default',
  attempt: 0,
  maxRetries: undefined,
  payload: undefined,
  payloadBytes: undefined,
  createdAtMs: undefined,
  runAtMs: undefined,
  startedAtMs: undefined,
  finishedAtMs: undefined,
  worker: undefined,
  leaseExpiresAtMs: undefined,
  deadlineAtMs: undefined,
  cancelRequested: false,
  progress: undefined,
  idempotencyKey: undefined,
  traceId: undefined,
  error: undefined,
  attempts: [],
  result: undefined,
} as const

interface Places {
  readonly held: Held | undefined
  readonly isDead: boolean
  readonly isBlocked: boolean
  readonly isLimited: boolean
  readonly dueMs: number | undefined
}

function stateOf({ held, isDead, isBlocked, isLimited, dueMs }: Places, counts: AttemptCounts): State {
  if (held) return 'active'
  if (isLimited) return 'limited'
  if (isDead) return 'dead'
  if (isBlocked) return 'blocked'
  if (dueMs !== undefined) return counts.retries > 0 ? 'retrying' : 'scheduled'
  return 'pending'
}

function failuresOf(text: Text): Pick<TaskInfo, 'error' | 'attempts'> {
  const { attempts } = decodeFailures(text)
  return { error: attempts[0], attempts }
}

/** In the order of `detailCommands`. */
type Replies = [Text, Text, Text, Text, Text, Text[], Text, Text, Text, Text, number]

/** @returns undefined when the queue does not know the id, or has it in the trash. */
export function decodeDetail(queue: string, id: string, replies: readonly unknown[]): TaskInfo | undefined {
  const [text, holder, counted, failed, died, dues, cancel, result, trashed, blocked, limited] = replies as Replies
  if (text === null) return result === null ? undefined : fromResult(queue, id, result)
  if (trashed !== null) return undefined
  const envelope = decodeEnvelope(text)
  const held = decodeHeld(holder)
  const counts = decodeCounts(counted)
  const dueMs = numberOf(dues.find((score) => score !== null))
  return {
    ...EMPTY,
    id,
    queue,
    type: envelope.type,
    priority: envelope.priority,
    state: stateOf(
      { held, isDead: died !== null, isBlocked: blocked !== null, isLimited: limited === 1, dueMs },
      counts,
    ),
    attempt: held?.attempt ?? counts.runs,
    maxRetries: envelope.maxRetries,
    ...parsePayload(envelope, id),
    payloadBytes: Buffer.byteLength(envelope.payloadJson),
    createdAtMs: envelope.createdAtMs ?? idTimeMs(id),
    runAtMs: dueMs ?? envelope.runAtMs,
    finishedAtMs: numberOf(died),
    deadlineAtMs: held?.deadlineAtMs,
    cancelRequested: cancel !== null,
    progress: held?.progress,
    idempotencyKey: envelope.idempotencyKey,
    traceId: traceIdOf(envelope.traceparent),
    ...failuresOf(failed),
  }
}

/** Adds what the grant of a held task tells. */
export function withGrant(task: TaskInfo, grant: Grant | undefined, leaseExpiresAtMs: number | undefined): TaskInfo {
  if (grant === undefined) return task
  return { ...task, worker: grant.worker, startedAtMs: grant.claimedAtMs, leaseExpiresAtMs }
}
