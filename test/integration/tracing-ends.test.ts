import { SpanStatusCode } from '@opentelemetry/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { defineTask, Discard, Snooze } from '../../src/core/index.ts'
import { beginRun } from '../../src/core/tracing.ts'
import { endOverdueSpan } from '../../src/core/worker/run-span.ts'
import type { Running } from '../../src/core/worker/running.ts'
import { type Spans, traced } from '../helpers/spans.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

let bench: Workbench
let spans: Spans
beforeEach(async () => {
  bench = await workbench()
  spans = traced()
})

describe('a span ends', () => {
  test('at the deadline of its task, though the handler goes on', async () => {
    const never = new Promise<void>(() => {})
    await bench.work([defineTask({ type: 'deaf', timeout: 30, retry: { limit: 0 }, run: () => never })])
    const { id } = await bench.client.enqueue('deaf', 1)
    const [run] = await spans.untilNamed('process deaf')
    expect(run!.attributes).toMatchObject({ 'distributedq.task.outcome': 'dead', 'error.type': 'timeout' })
    await bench.untilState(id, 'dead')
  })

  test('when its task is discarded, given back, or has no handler here', async () => {
    const never = new Promise<void>(() => {})
    const worker = await bench.work({
      bad: () => {
        throw new Discard('not wanted')
      },
      long: () => never,
    })
    for (const type of ['bad', 'long', 'strange']) await bench.client.enqueue(type, 1)
    await bench.untilSeen('task.dead')
    await bench.untilSeen('task.unknown')
    await worker.stop({ graceMs: 0 })
    const ends = ['bad', 'long', 'strange'].map((type) => spans.named(`process ${type}`)[0]!)
    expect(ends.map(({ attributes }) => attributes['distributedq.task.outcome'])).toEqual([
      'dead',
      'release',
      'unknown',
    ])
    expect(ends.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ])
  })
  test('when its process did not react, and the task was settled in its place', () => {
    const about = {
      id: 'a',
      type: 'mail',
      queue: 'default',
      attempt: 1,
      worker: 'w',
      traceparent: undefined,
      waitMs: 5,
    }
    const run = { span: beginRun(about) } as Running
    endOverdueSpan(run, 'it did not react')
    run.span?.end({ outcome: 'complete' })
    const [span] = spans.named('process mail')
    expect(span!.attributes).toMatchObject({ 'distributedq.task.outcome': 'overdue', 'error.type': 'timeout' })
    expect(spans.named('process mail')).toHaveLength(1)
  })
})

test('the wait is told of the first run, and not of one that was put off', async () => {
  let runs = 0
  await bench.work({
    later: () => {
      if (runs++ === 0) throw new Snooze(1)
    },
  })
  const { id } = await bench.client.enqueue('later', 1)
  await bench.promoteUntil(async () => (await bench.client.getTask(id))?.state === 'completed')
  const waits = (await spans.untilNamed('process later', 2)).map(({ attributes }) => [
    attributes['distributedq.task.outcome'],
    attributes['distributedq.task.wait_ms'],
  ])
  expect(waits).toEqual([
    ['snooze', expect.any(Number)],
    ['complete', undefined],
  ])
  expect(spans.named('wait later')).toHaveLength(1)
})
