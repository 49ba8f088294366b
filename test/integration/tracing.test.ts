import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { beforeEach, describe, expect, test } from 'vitest'
import { decodeEnvelope } from '../../src/core/envelope.ts'
import { defineTask, type TaskContext } from '../../src/core/index.ts'
import { idOfSpan, inSpan, type Spans, traced, traceOf, traceparentOf } from '../helpers/spans.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const [, CALLER_TRACE, CALLER_SPAN] = CALLER.split('-')

let bench: Workbench
let spans: Spans
beforeEach(async () => {
  bench = await workbench()
  spans = traced()
})

const carried = async (id: string): Promise<string | undefined> => {
  const text = (await bench.redis.call('HGET', bench.keys.tasks, id)) as string
  return decodeEnvelope(text).traceparent
}

const FAST_RETRY = { limit: 1, base: 1 } as const

describe('one trace', () => {
  test('goes from an enqueue to its run, and on to what that enqueues and its run', async () => {
    await bench.work({
      first: async (_: unknown, { enqueue }: TaskContext) => {
        await inSpan('inside', async () => {})
        await enqueue('second', 2)
      },
      second: () => 'done',
    })
    const { id } = await inSpan('request', () => bench.client.enqueue('first', 1))
    const [second] = await spans.untilNamed('process second')
    await spans.untilNamed('process first')
    const sole = (name: string): ReadableSpan => spans.named(name)[0]!
    const [request, enqueued, waited] = [sole('request'), sole('enqueue first'), sole('wait first')]
    const [first, inside, again] = [sole('process first'), sole('inside'), sole('enqueue second')]
    expect(new Set(spans.all().map(traceOf))).toEqual(new Set([traceOf(request)]))
    const parents = [enqueued, waited, first, inside, again, second].map((span) => span?.parentSpanContext?.spanId)
    expect(parents).toEqual([request, enqueued, enqueued, first, first, again].map(idOfSpan))

    expect(enqueued).toMatchObject({ kind: SpanKind.PRODUCER, status: { code: SpanStatusCode.UNSET } })
    expect(enqueued.attributes).toEqual({
      'messaging.system': 'distributedq',
      'messaging.operation.name': 'enqueue',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'default',
      'messaging.message.id': id,
      'distributedq.task.type': 'first',
      'distributedq.task.outcome': 'enqueued',
    })
    expect(first).toMatchObject({ kind: SpanKind.CONSUMER, status: { code: SpanStatusCode.UNSET } })
    expect(first.links.map((link) => link.context.spanId)).toEqual([idOfSpan(enqueued)])
    expect(first.attributes).toEqual({
      'messaging.system': 'distributedq',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'default',
      'messaging.message.id': id,
      'messaging.client.id': expect.any(String),
      'distributedq.task.type': 'first',
      'distributedq.task.attempt': 1,
      'distributedq.task.wait_ms': expect.any(Number),
      'distributedq.task.outcome': 'complete',
    })
  })

  test('has every attempt of a task, and says how each ended', async () => {
    await bench.work([
      defineTask({
        type: 'shaky',
        retry: FAST_RETRY,
        run: (_, { attempt }) => {
          if (attempt === 1) throw new TypeError('not yet')
        },
      }),
    ])
    const { id } = await bench.client.enqueue('shaky', 1)
    await bench.promoteUntil(async () => (await bench.client.getTask(id))?.state === 'completed')
    const [failed, done] = await spans.untilNamed('process shaky', 2)
    const [enqueued] = spans.named('enqueue shaky')
    expect([failed, done].map((span) => span?.parentSpanContext?.spanId)).toEqual(
      [enqueued, enqueued].map((span) => idOfSpan(span!)),
    )
    expect(failed).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'not yet' } })
    expect(failed!.attributes).toMatchObject({
      'distributedq.task.attempt': 1,
      'distributedq.task.outcome': 'retry',
      'distributedq.task.delay_ms': expect.any(Number),
      'error.type': 'TypeError',
    })
    expect(failed!.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'not yet' } },
    ])
    expect(done!.attributes).toMatchObject({ 'distributedq.task.attempt': 2, 'distributedq.task.outcome': 'complete' })
    expect(done!.status.code).toBe(SpanStatusCode.UNSET)
  })

  test('has all runs of a batch below the one span of its call', async () => {
    await bench.work({ mail: () => {}, report: () => {} })
    const items = [
      { type: 'mail', payload: 1 },
      { type: 'mail', payload: 2, queue: 'default' },
      { type: 'no type', payload: 3 },
      { type: 'report', payload: 4, traceparent: CALLER },
    ]
    await bench.client.enqueueMany(items)
    const runs = await spans.untilNamed('process mail', 2)
    const [batch] = spans.named('enqueue_many')
    expect(spans.all().filter(({ kind }) => kind === SpanKind.PRODUCER)).toEqual([batch])
    expect(runs.map((run) => run.parentSpanContext?.spanId)).toEqual([idOfSpan(batch!), idOfSpan(batch!)])
    expect(batch!.attributes).toMatchObject({
      'messaging.destination.name': 'default',
      'messaging.batch.message_count': 4,
      'distributedq.refused_count': 1,
    })
    const [report] = await spans.untilNamed('process report')
    expect(report?.parentSpanContext?.spanId).toBe(CALLER_SPAN)
  })

  test('has all runs of a flow below the one span of its call', async () => {
    await bench.work({ fetch: () => {}, mail: () => {} }, { upkeep: true })
    await bench.client.enqueueFlow({
      nodes: [
        { key: 'a', task: 'fetch' },
        { key: 'b', task: 'mail', dependsOn: ['a'] },
      ],
    })
    const [mail] = await spans.untilNamed('process mail')
    const [flow] = spans.named('enqueue_flow')
    const [fetch] = spans.named('process fetch')
    expect(spans.all().filter(({ kind }) => kind === SpanKind.PRODUCER)).toEqual([flow])
    expect([fetch, mail].map((span) => span?.parentSpanContext?.spanId)).toEqual([idOfSpan(flow!), idOfSpan(flow!)])
    expect(flow!.attributes).toMatchObject({ 'messaging.batch.message_count': 2 })
  })
})

describe('what a caller says', () => {
  test('is what its task carries, and the span of the call links to it', async () => {
    const { id } = await inSpan('request', () => bench.client.enqueue('mail', 1, { traceparent: CALLER }))
    expect(await carried(id)).toBe(CALLER)
    const [[request], [enqueued]] = [spans.named('request'), spans.named('enqueue mail')]
    expect(enqueued?.parentSpanContext?.spanId).toBe(idOfSpan(request!))
    expect(enqueued?.links.map(({ context }) => context.spanId)).toEqual([CALLER_SPAN])
  })

  test('is the parent of a call that has no span of its own around it', async () => {
    await bench.client.enqueue('mail', 1, { traceparent: CALLER })
    const [enqueued] = spans.named('enqueue mail')
    expect(enqueued?.parentSpanContext?.spanId).toBe(CALLER_SPAN)
  })

  test('does not make another task of one that is sent again in another trace', async () => {
    const send = (name: string) =>
      inSpan(name, () => bench.client.enqueue('mail', 1, { id: 'mail-1', maxRetries: 2, queue: 'default' }))
    expect((await send('one')).outcome).toBe('enqueued')
    expect((await send('other')).outcome).toBe('duplicate')
    const [first, again] = spans.named('enqueue mail')
    expect(traceOf(first!)).not.toBe(traceOf(again!))
    expect(await carried('mail-1')).toBe(traceparentOf(first!))
    expect(again!.attributes['distributedq.task.outcome']).toBe('duplicate')
  })
})

test('a refused enqueue is told by its span, and thrown as ever', async () => {
  await expect(bench.client.enqueue('mail', 1, { delay: 'soon' })).rejects.toMatchObject({ code: 'invalid_input' })
  const [refused] = spans.named('enqueue mail')
  expect(refused).toMatchObject({ status: { code: SpanStatusCode.ERROR }, events: [{ name: 'exception' }] })
  expect(refused!.attributes['error.type']).toBe('invalid_input')
})

test('a task that came without a trace begins one, and says how long it waited', async () => {
  trace.disable()
  const { id } = await bench.client.enqueue('mail', 1)
  expect(await carried(id)).toBeUndefined()
  spans = traced()
  await bench.work({ mail: (_: unknown, { log }: TaskContext) => log.info('sent') })
  const [run] = await spans.untilNamed('process mail')
  expect(run!.parentSpanContext).toBeUndefined()
  expect(run!.links).toEqual([])
  expect(run!.attributes['distributedq.task.wait_ms']).toEqual(expect.any(Number))
  expect(spans.named('wait mail')).toEqual([])
  expect(await bench.untilState(id, 'completed')).toMatchObject({ traceId: traceOf(run!) })
  expect(bench.seen('task.log')).toMatchObject([{ id, traceId: traceOf(run!) }])
})

test('who is not sampled tells it on, and its runs are not sampled either', async () => {
  trace.disable()
  spans = traced(new AlwaysOffSampler())
  const { id } = await bench.client.enqueue('mail', 1)
  expect(await carried(id)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/)
  await bench.work({ mail: () => {} })
  const [started] = await bench.untilSeen('task.completed')
  expect(started).toMatchObject({ id, traceId: (await bench.client.getTask(id))?.traceId })
  expect(spans.all()).toEqual([])
})

test('without an SDK nothing is made, and the trace of a task goes on to what its handler enqueues', async () => {
  trace.disable()
  let child = ''
  await bench.work({
    first: async (_: unknown, { enqueue }: TaskContext) => {
      child = (await enqueue('second', 1, { delay: '1h' })).id
    },
  })
  const { id } = await bench.client.enqueue('first', 1, { traceparent: CALLER })
  expect(await bench.untilState(id, 'completed')).toMatchObject({ traceId: CALLER_TRACE })
  expect(await carried(child)).toBe(CALLER)
  expect(bench.seen('task.completed')).toMatchObject([{ id, traceId: CALLER_TRACE }])
})
