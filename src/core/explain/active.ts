import { span } from '../span.ts'
import { atTime, type Cause, type Facts, type Reason } from './facts.ts'

function lease({ task, workers, nowMs }: Facts): readonly Reason[] {
  const { leaseExpiresAtMs, worker } = task
  const holder = workers.find(({ id }) => id === worker)
  const isGone = holder === undefined || holder.silent
  if (leaseExpiresAtMs === undefined || (!isGone && leaseExpiresAtMs > nowMs)) return []
  const left = leaseExpiresAtMs - nowMs
  return [
    {
      code: 'holder_silent',
      text:
        `its worker ${worker} has fallen silent; a reaper takes the task back ` +
        (left > 0 ? `in about ${span(left)}` : `at its next look: the lease ended ${span(-left)} ago`),
      details: { worker, leaseEndsAtMs: leaseExpiresAtMs },
    },
  ]
}

function late({ task: { deadlineAtMs }, nowMs }: Facts): readonly Reason[] {
  if (deadlineAtMs === undefined || deadlineAtMs > nowMs) return []
  return [
    {
      code: 'past_deadline',
      text: `its deadline passed ${span(nowMs - deadlineAtMs)} ago, and its handler has not ended`,
      details: { deadlineAtMs },
    },
  ]
}

/** Somebody runs it. */
export const active: Cause = (facts) => {
  const { task, nowMs } = facts
  if (task.state !== 'active') return []
  const { worker = 'a worker', startedAtMs, leaseExpiresAtMs, deadlineAtMs, progress, attempt } = task
  const since = startedAtMs === undefined ? '' : ` for ${span(nowMs - startedAtMs)}`
  const until = leaseExpiresAtMs === undefined ? '' : `; the lease is good until ${atTime(leaseExpiresAtMs)}`
  const deadline = deadlineAtMs === undefined ? '' : `, the deadline is ${atTime(deadlineAtMs)}`
  const cancel: readonly Reason[] = task.cancelRequested
    ? [{ code: 'cancel_requested', text: 'it was asked to stop, and has not stopped yet', details: {} }]
    : []
  return [
    ...lease(facts),
    ...late(facts),
    ...cancel,
    {
      code: 'running',
      text: `${worker} runs it${since}, attempt ${attempt}${progress === undefined ? '' : `, progress ${progress}`}${until}${deadline}`,
      details: { worker, attempt, startedAtMs, leaseEndsAtMs: leaseExpiresAtMs, deadlineAtMs, progress },
    },
  ]
}
