import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { dq } from '../helpers/cli.ts'
import { aDaemon, idOf, type RunningDaemon } from '../helpers/daemon.ts'
import { ROOT } from '../helpers/process.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const HANDLERS = join(ROOT, 'test', 'fixtures', 'traced.ts')
const MANUAL = readFileSync(join(ROOT, 'docs', 'TRACING.md'), 'utf8')
const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const [, TRACE, SPAN] = CALLER.split('-')
const KINDS = ['inline', 'process', 'thread']

/** In place of the one that the manual installs: writes spans to the file that SPANS names. */
const EXPORTER = `
import { appendFileSync } from 'node:fs'
const textOf = (span) => {
  const service = span.resource.attributes['service.name']
  return JSON.stringify({ name: span.name, ...span.spanContext(), parent: span.parentSpanContext?.spanId, service })
}
export class OTLPTraceExporter {
  export(spans, done) {
    appendFileSync(process.env.SPANS, spans.map((span) => textOf(span) + '\\n').join(''))
    done({ code: 0 })
  }
  async forceFlush() {}
  async shutdown() {}
}
`

/** A project as the manual describes it: its \`tracing.mjs\`, and what it installs. */
function aProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-traced-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'tracing.mjs'), /```js\n(\/\/ tracing\.mjs\n[^]*?)```/.exec(MANUAL)![1]!)
  const scope = join(folder, 'node_modules', '@opentelemetry')
  mkdirSync(join(scope, 'exporter-trace-otlp-http'), { recursive: true })
  for (const name of ['api', 'context-async-hooks', 'resources', 'sdk-trace-base'])
    symlinkSync(join(ROOT, 'node_modules', '@opentelemetry', name), join(scope, name))
  const main = { name: '@opentelemetry/exporter-trace-otlp-http', type: 'module', main: 'index.js' }
  writeFileSync(join(scope, 'exporter-trace-otlp-http', 'package.json'), JSON.stringify(main))
  writeFileSync(join(scope, 'exporter-trace-otlp-http', 'index.js'), EXPORTER)
  return folder
}

interface WrittenSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly service: string
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n')

async function aClient(): Promise<{ client: Client; url: string; namespace: string }> {
  const { url, namespace } = await sharedRedis()
  const client = new Client({ redisUrl: url, namespace })
  onTestFinished(() => client.close())
  return { client, url, namespace }
}

/** Lines of the log about tasks. */
const taskLines = (daemon: RunningDaemon): Record<string, unknown>[] =>
  daemon.process.stdout
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => String(event).startsWith('task.'))

describe('a daemon that is started as the manual says', () => {
  test('continues the trace of a request into handlers, wherever they run, and sends all spans', async () => {
    const folder = aProject()
    const file = join(folder, 'spans')
    const { client, url, namespace } = await aClient()
    const NODE_OPTIONS = /^NODE_OPTIONS="(.+?)" npx dq-daemon/m.exec(MANUAL)![1]!
    const daemon = await aDaemon({
      redisUrl: url,
      namespace,
      cwd: folder,
      // Nothing is sent but what is flushed.
      env: { NODE_OPTIONS, SPANS: file, OTEL_SERVICE_NAME: 'mails', OTEL_BSP_SCHEDULE_DELAY: '600000' },
      args: ['--handlers', HANDLERS, '--log-level', 'debug'],
    })
    const headers = { traceparent: CALLER }
    for (const type of KINDS)
      expect(await daemon.call('POST', '/v1/tasks', { body: { type, payload: 1 }, headers })).toMatchObject({
        status: 201,
      })
    const isDone = async (): Promise<boolean> =>
      (await client.inspector.tasks('default', 'completed')).items.length === 2 * KINDS.length
    await until(isDone, { what: 'all to be completed' })
    await until(() => ['process', 'thread'].every((kind) => readFileSync(file, 'utf8').includes(`inside ${kind}`)), {
      what: 'children to send their spans',
    })
    expect((await daemon.stop()).code).toBe(0)

    const spans = linesOf(file).map((line) => JSON.parse(line) as WrittenSpan)
    const sole = (name: string): WrittenSpan => spans.find((span) => span.name === name)!
    expect(new Set(spans.map(({ traceId, service }) => `${service} ${traceId}`))).toEqual(new Set([`mails ${TRACE}`]))
    for (const kind of KINDS) {
      const chain = ['enqueue KIND', 'process KIND', 'enqueue after.KIND', 'process after.KIND'].map((name) =>
        sole(name.replace('KIND', kind)),
      )
      expect(chain.map(({ parent }) => parent)).toEqual([SPAN, ...chain.slice(0, -1).map(({ spanId }) => spanId)])
      expect(sole(`inside ${kind}`).parent).toBe(sole(`process ${kind}`).spanId)
    }

    const lines = taskLines(daemon)
    expect(lines.filter(({ event }) => event === 'task.log').map(({ type }) => type)).toEqual(
      expect.arrayContaining(KINDS),
    )
    for (const line of lines)
      expect(line).toMatchObject({ id: expect.any(String), queue: 'default', attempt: 1, traceId: TRACE })
  })
})

describe('a daemon without an SDK', () => {
  test('hands the trace of a request on, and shows it wherever it shows the task', async () => {
    const { client, url, namespace } = await aClient()
    const daemon = await aDaemon({ redisUrl: url, namespace, args: ['--handlers', HANDLERS, '--log-level', 'debug'] })
    const headers = { traceparent: CALLER }
    const post = async (path: string, body: unknown): Promise<unknown> =>
      (await daemon.call('POST', path, { body, headers })).json
    const own = CALLER.replace('0af7', 'bbbb')
    const one = await daemon.call('POST', '/v1/tasks', { body: { type: 'inline' }, headers })
    await post('/v1/tasks/batch', [
      { type: 'inline', id: 'b-1' },
      { type: 'inline', id: 'b-2', traceparent: own },
    ])
    await post('/v1/flows', {
      nodes: [
        {
          key: 'a',
          task: { type: 'inline', id: 'f-1' },
          children: [{ key: 'b', task: { type: 'inline', id: 'f-2' } }],
        },
      ],
    })
    const shown = async (id: string): Promise<unknown> =>
      until(
        async () => {
          const task = await client.getTask(id)
          return task?.state === 'completed' && task.traceId
        },
        { what: `${id} to be completed` },
      )
    const ids = [idOf(one), 'b-1', 'b-2', 'f-1', 'f-2']
    expect(await Promise.all(ids.map(shown))).toEqual([TRACE, TRACE, own.split('-')[1], TRACE, TRACE])

    const [id] = ids
    expect((await daemon.call('GET', `/v1/tasks/${id}`)).json).toMatchObject({ trace_id: TRACE })
    expect((await daemon.call('GET', `/v1/tasks/${id}/explain`)).json).toMatchObject({ trace_id: TRACE })
    const lines = taskLines(daemon).filter((line) => line['id'] === id)
    expect(lines.map(({ event }) => event)).toEqual(['task.started', 'task.log', 'task.completed'])
    for (const line of lines) expect(line).toMatchObject({ type: 'inline', attempt: 1, traceId: TRACE })
    for (const verb of ['get', 'explain'])
      expect((await dq({ url, namespace }, [verb, id!])).out).toMatch(new RegExp(`^trace +${TRACE}$`, 'm'))
  })

  test('says of a task that it takes back what it says of any task', async () => {
    const { client, url, namespace } = await aClient()
    const options = { redisUrl: url, namespace, args: ['--lease-ttl', '1s', '--reaper-interval', '100ms'] }
    const first = await aDaemon(options)
    const { id } = await client.enqueue('slow', { ms: 60_000 }, { traceparent: CALLER })
    await until(async () => (await client.getTask(id))?.state === 'active', { what: 'the task to run' })
    first.process.kill('SIGKILL')
    const second = await aDaemon(options)
    const [, line = ''] = await second.process.waitForLine(/^(\{.*"reaper\.reaped".*\})$/, { timeoutMs: 20_000 })
    expect(JSON.parse(line)).toMatchObject({ id, type: 'slow', queue: 'default', attempt: 1, traceId: TRACE })
    second.process.kill('SIGKILL')
  })

  test('leaves out a header that names no trace', async () => {
    const { client, url, namespace } = await aClient()
    const daemon = await aDaemon({ redisUrl: url, namespace, args: ['--roles', 'api'] })
    const none = ['nonsense', `00-${'0'.repeat(32)}-${SPAN}-01`, CALLER.toUpperCase(), CALLER.replace('00', 'ff')]
    for (const traceparent of none) {
      const reply = await daemon.call('POST', '/v1/tasks', { body: { type: 'mail' }, headers: { traceparent } })
      expect(reply.status).toBe(201)
      expect((await client.getTask(idOf(reply)))?.traceId).toBeUndefined()
    }
  })
})
