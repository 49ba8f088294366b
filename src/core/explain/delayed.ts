import { keyIdOf } from '../encryption/sealed.ts'
import { span } from '../span.ts'
import { atTime, type Cause, type Facts, type Reason } from './facts.ts'

const whenText = ({ task: { runAtMs = 0 }, nowMs }: Facts): string =>
  runAtMs > nowMs
    ? `until ${atTime(runAtMs)}, in ${span(runAtMs - nowMs)}`
    : `and was due ${span(nowMs - runAtMs)} ago: no scheduler has moved it into line yet`

function why(facts: Facts): Pick<Reason, 'code' | 'text'> {
  const { task, counts } = facts
  const when = whenText(facts)
  if (task.state === 'retrying') {
    const most = task.maxRetries === undefined ? '' : ` of ${task.maxRetries}`
    const last = task.error === undefined ? '' : `; it failed with ${task.error.reason}: ${task.error.message}`
    return { code: 'retrying', text: `retry ${counts.retries}${most} waits ${when}${last}` }
  }
  if (counts.unknownSinceMs !== undefined) {
    const sealed = task.sealed?.payload
    const lacking = sealed === undefined ? '' : `, or does not have key ${keyIdOf(sealed)},`
    const text = `a worker that does not know type ${task.type}${lacking} put it off; it waits ${when}`
    return { code: 'put_off', text }
  }
  if (counts.snoozes > 0) return { code: 'snoozed', text: `its handler snoozed it; it waits ${when}` }
  return { code: 'delayed', text: `it waits ${when}` }
}

/** Its time has not come. */
export const delayed: Cause = (facts) => {
  const { task, counts } = facts
  if (task.state !== 'scheduled' && task.state !== 'retrying') return []
  return [
    {
      ...why(facts),
      details: {
        dueAtMs: task.runAtMs,
        retries: counts.retries || undefined,
        snoozes: counts.snoozes || undefined,
        unknownSinceAtMs: counts.unknownSinceMs,
        reason: task.error?.reason,
        message: task.error?.message,
      },
    },
  ]
}
