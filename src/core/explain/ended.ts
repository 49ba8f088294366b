import { atTime, type Cause } from './facts.ts'

/** It is over: gave up, done or stopped. */
export const ended: Cause = ({ task }) => {
  const { id, state, queue, error, finishedAtMs } = task
  const when = finishedAtMs === undefined ? '' : ` at ${atTime(finishedAtMs)}`
  if (state === 'dead')
    return [
      {
        code: 'dead',
        text:
          `it gave up${when} after ${task.attempt} attempts` +
          `${error === undefined ? '' : `, ${error.reason}: ${error.message}`}; dq dlq replay ${id} --queue ${queue} runs it again`,
        details: {
          finishedAtMs,
          attempt: task.attempt,
          reason: error?.reason,
          message: error?.message,
          group: error?.group,
          replay: `dq dlq replay ${id} --queue ${queue}`,
        },
      },
    ]
  if (state === 'completed')
    return [
      {
        code: 'completed',
        text: `it was completed${when}${task.worker === undefined ? '' : ` by ${task.worker}`}`,
        details: { finishedAtMs, worker: task.worker, attempt: task.attempt },
      },
    ]
  if (state !== 'cancelled') return []
  return [{ code: 'cancelled', text: `it was cancelled${when}`, details: { finishedAtMs } }]
}
