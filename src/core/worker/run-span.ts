import { idTimeMs } from '../ids.ts'
import type { Decision } from '../outcome.ts'
import type { Failed } from '../span-attributes.ts'
import { beginRun, mayTrace } from '../tracing.ts'
import { nameOf } from './failure.ts'
import { sealOf, toldOf } from './payload.ts'
import type { Running } from './running.ts'

/** From when a task could first have run; since when one waits that was retried or put off is not known here. */
export function waitOf(run: Running): number | undefined {
  const { id, attempt, snoozes, unknownSinceMs, envelope } = run.task
  const readyAtMs = envelope.runAtMs ?? envelope.createdAtMs ?? idTimeMs(id)
  if (attempt > 1 || snoozes > 0 || unknownSinceMs !== undefined || readyAtMs === undefined) return undefined
  return Math.max(0, run.startedAt + run.grant.redisOffsetMs - readyAtMs)
}

/** Gives a run its span, where somebody traces. */
export function beginSpan(run: Running, worker: string): void {
  if (!mayTrace()) return
  const { traceparent } = run.task.envelope
  run.span = beginRun({ ...run.event, worker, traceparent, waitMs: waitOf(run) })
}

/** What kind of failure: the name of what was thrown, else why. */
const kindOf = ({ outcome }: Running, reason: string): string =>
  (outcome?.kind === 'threw' && nameOf(outcome.error)) || reason

/** Spans leave the machine: of a task that is encrypted they say what a log may. */
const failedOf = (run: Running, reason: string): Failed => ({
  kind: kindOf(run, reason),
  message: toldOf(run, reason),
  stack: sealOf(run, reason) === undefined ? run.stack : undefined,
})

/** Says what this worker decided; whether Redis still took it is told by the log. */
export function endSpan(run: Running, decision: Decision): void {
  const { span } = run
  if (span === undefined) return
  const delayMs = 'delayMs' in decision ? decision.delayMs : undefined
  const failed = 'reason' in decision ? failedOf(run, decision.reason) : undefined
  span.end({ outcome: decision.verb, delayMs, failed })
}

/** Of a run that the renewal thread has settled, and not we. */
export const endOverdueSpan = ({ span }: Running, message: string): void =>
  span?.end({ outcome: 'overdue', failed: { kind: 'timeout', message } })
