import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Client, defineTask, Discard } from '../../src/core/index.ts'
import isolated from '../fixtures/isolated.ts'
import { SECRET, withKey } from '../helpers/encrypted.ts'
import { type Spans, traced } from '../helpers/spans.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

let bench: Workbench
let spans: Spans
let client: Client
beforeEach(async () => {
  bench = await workbench()
  spans = traced()
  client = new Client({ redis: bench.redis, namespace: bench.namespace, encryption: withKey('k1') })
  onTestFinished(() => client.close())
})

/** Everything that leaves with a span. */
const toldBy = ({ name, attributes, events, links, status }: ReadableSpan): string =>
  JSON.stringify({ name, attributes, events, links, status })
const allTold = (): string => spans.all().map(toldBy).join('\n')

const quoting = {
  '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: SECRET }] }) },
}
const once = { retry: { limit: 0 } }
const quotes = defineTask<string>({ ...once, type: 'quotes', payload: quoting, run: () => 1 })
const tasks = [
  ...isolated,
  defineTask<string>({
    ...once,
    type: 'throws',
    run: (payload) => {
      throw new TypeError(`bad ${payload}`)
    },
  }),
  defineTask<string>({
    ...once,
    type: 'retries',
    retry: { limit: 1, base: 60_000 },
    run: (payload) => {
      throw new Error(payload)
    },
  }),
  defineTask<string>({
    ...once,
    type: 'discards',
    run: (payload) => {
      throw new Discard(payload)
    },
  }),
  quotes,
  defineTask<string>({ type: 'returns', run: (payload) => payload }),
]

const spanOf = async (type: string): Promise<ReadableSpan> => (await spans.untilNamed(`process ${type}`))[0]!
const exceptionsOf = ({ events }: ReadableSpan): unknown[] => events.map(({ attributes }) => attributes)

describe('the spans of an encrypted task', () => {
  it('name the kind of a failure, and hide message and stack, in whatever way it fails', async () => {
    await bench.work(tasks, { encryption: withKey('k1') })
    for (const type of ['throws', 'retries', 'discards', 'quotes', 'returns']) await client.enqueue(type, SECRET)
    for (const type of ['process.throws', 'thread.throws']) await client.enqueue(type, { message: SECRET })
    const thrown = await spanOf('throws')
    expect(thrown.status).toEqual({ code: SpanStatusCode.ERROR, message: '<encrypted kid=k1>' })
    expect(exceptionsOf(thrown)).toEqual([{ 'exception.type': 'TypeError', 'exception.message': '<encrypted kid=k1>' }])
    for (const type of ['retries', 'discards', 'quotes', 'process.throws', 'thread.throws'])
      expect((await spanOf(type)).status).toEqual({ code: SpanStatusCode.ERROR, message: '<encrypted kid=k1>' })
    expect((await spanOf('returns')).status.code).toBe(SpanStatusCode.UNSET)
    expect(allTold()).not.toContain(SECRET)
  })

  it('say what is our own, such as that a key is missing', async () => {
    await bench.work(tasks, { encryption: withKey('k2') })
    const { id } = await client.enqueue('returns', SECRET)
    const span = await spanOf('returns')
    expect(span.attributes).toMatchObject({ 'messaging.message.id': id, 'distributedq.task.outcome': 'unknown' })
    expect(allTold()).not.toContain(SECRET)
  })

  it('say of one whose payload was changed that it cannot be opened', async () => {
    const { id } = await client.enqueue('returns', SECRET)
    const envelope = (await bench.redis.call('HGET', bench.keys.tasks, id)) as string
    const sealed = envelope.split('\n')[2]!
    const last = sealed.endsWith('A') ? 'B' : 'A'
    await bench.redis.call(
      'HSET',
      bench.keys.tasks,
      id,
      envelope.replace(sealed, `${sealed.slice(0, -8)}${last}${sealed.slice(-7)}`),
    )
    await bench.work(tasks, { encryption: withKey('k1') })
    const span = await spanOf('returns')
    expect(span.attributes['error.type']).toBe('malformed')
    expect(span.status.message).toContain('its payload cannot be opened with key k1')
  })
})

describe('of a task that is not encrypted', () => {
  it('a span tells message and stack, though its worker has a key', async () => {
    await bench.work(tasks, { encryption: withKey('k1') })
    await bench.client.enqueue('throws', 'open')
    expect(exceptionsOf(await spanOf('throws'))).toEqual([
      {
        'exception.type': 'TypeError',
        'exception.message': 'bad open',
        'exception.stacktrace': expect.stringContaining('TypeError: bad open') as string,
      },
    ])
  })
})

describe('a call with a key that fails', () => {
  it('tells its span the code, and its caller what is wrong', async () => {
    await expect(client.enqueue(quotes, SECRET)).rejects.toThrow(SECRET)
    await expect(client.enqueueFlow({ nodes: [{ key: 'a', task: quotes, payload: 1 }] })).rejects.toThrow(SECRET)
    const [failed] = spans.named('enqueue quotes')
    expect(failed!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'invalid_input' })
    expect(spans.named('enqueue_flow')).toHaveLength(1)
    expect(allTold()).not.toContain(SECRET)
  })
})
