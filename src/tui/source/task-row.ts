import type { TaskInfo } from '../../core/task.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { Row } from './rows.ts'
import { type TaskRef, keyOf } from './source.ts'

/** A task in a list, whatever its state. */
export interface TaskRow extends Row {
  readonly ref: TaskRef
  readonly id: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly state: Safe
  readonly tries: Safe
  readonly reason: Safe
  readonly message: Safe
  readonly payloadBytes: number | undefined
  readonly createdAtMs: number | undefined
  readonly dueAtMs: number | undefined
  readonly startedAtMs: number | undefined
  readonly endedAtMs: number | undefined
  readonly worker: Safe
  readonly expiresAtMs: number | undefined
  readonly leaseMs: number
}

/** `3/4`: attempts made, of those allowed where that is known. */
const triesOf = (attempt: number, maxRetries: number | undefined): Safe =>
  maxRetries === undefined ? say`${attempt}` : say`${attempt}/${maxRetries + 1}`

export function toTaskRow(info: TaskInfo, leaseMs = 0): TaskRow {
  const ref = { queue: info.queue, id: info.id }
  return {
    key: keyOf(ref),
    ref,
    id: safeLine(info.id),
    type: safeLine(info.type),
    queue: safeLine(info.queue),
    priority: safeLine(info.priority),
    state: safeLine(info.state),
    tries: triesOf(info.attempt, info.maxRetries),
    reason: safeLine(info.error?.reason ?? (info.state === 'dead' ? 'unknown' : '')),
    message: safeLine(info.error?.message ?? ''),
    payloadBytes: info.payloadBytes,
    createdAtMs: info.createdAtMs,
    dueAtMs: info.runAtMs,
    startedAtMs: info.startedAtMs,
    endedAtMs: info.finishedAtMs,
    worker: safeLine(info.worker ?? info.error?.worker ?? ''),
    expiresAtMs: info.leaseExpiresAtMs,
    leaseMs,
  }
}
