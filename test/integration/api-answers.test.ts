import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { type AnswersDocument, DocumentedAnswers } from '../helpers/api-answers.ts'
import { idOf, type Reply, type RunningDaemon, startDaemon } from '../helpers/daemon.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

let server: RedisServer
let daemon: RunningDaemon
let client: Client
let answers: DocumentedAnswers

/** What was answered otherwise than the document says. */
const problems: string[] = []

/** Sends a request, and looks at what comes back. */
async function call(method: string, path: string, body?: unknown): Promise<Reply> {
  const reply = await daemon.call(method, path, body === undefined ? {} : { body })
  const contentType = String(reply.headers['content-type'])
  const problem = answers.problemOf({ method, path, status: reply.status, contentType, text: reply.text })
  if (problem !== undefined) problems.push(problem)
  return reply
}

const untilState = (id: string, state: string): Promise<unknown> =>
  until(async () => (await client.getTask(id))?.state === state, { what: `${id} to be ${state}` })

const enqueued = async (task: object, state: string): Promise<string> => {
  const id = idOf(await call('POST', '/v1/tasks', task))
  await untilState(id, state)
  return id
}

beforeAll(async () => {
  server = await startRedis()
  daemon = await startDaemon({ redisUrl: server.url, args: ['--scheduler-interval', '100ms'] })
  client = new Client({ redisUrl: server.url })
  answers = new DocumentedAnswers((await daemon.call('GET', '/openapi.json')).json as AnswersDocument)
})

afterAll(async () => {
  await daemon.stop()
  await client.close()
  await server.stop()
})

describe('every route answers as /openapi.json says', () => {
  it('about tasks in every state', async () => {
    const late = { type: 'echo', delay_ms: 600_000 }
    const parent = await enqueued({ ...late, id: 'late', idempotency_key: 'k', max_retries: 3 }, 'scheduled')
    expect(
      (await call('POST', '/v1/tasks', { ...late, id: 'late', idempotency_key: 'k', max_retries: 3 })).status,
    ).toBe(200)
    await call('POST', '/v1/tasks', { type: 'nobody.knows', id: 'other', queue: 'aside' })
    await call('POST', '/v1/tasks/batch', [{ type: 'echo' }, {}])
    await call('POST', '/v1/flows', { nodes: [{ key: 'a', task: late, children: [{ key: 'b', task: late }] }] })
    await enqueued({ type: 'echo', depends_on: [parent] }, 'blocked')
    const done = await enqueued({ type: 'echo', payload: { a: 1 } }, 'completed')
    const dead = await enqueued({ type: 'fail' }, 'dead')
    const failing = await enqueued({ type: 'fail-for-long' }, 'retrying')
    const limit = { type: 'slow', concurrency: { limit: 1 } }
    await call('PUT', '/v1/queues/default/limits', limit)
    const active = await enqueued({ type: 'slow', payload: { ms: 600_000 } }, 'active')
    const limited = await enqueued({ type: 'slow', payload: { ms: 1 } }, 'limited')
    for (const id of [parent, 'other', done, dead, failing, active, limited]) {
      await call('GET', `/v1/tasks/${id}`)
      await call('GET', `/tasks/${id}`)
      await call('GET', `/v1/tasks/${id}/explain`)
      await call('GET', `/result?id=${id}`)
    }
    const { states } = await listed()
    expect([...states].toSorted()).toEqual(
      ['active', 'blocked', 'completed', 'dead', 'limited', 'pending', 'retrying', 'scheduled'].toSorted(),
    )
    await call('POST', `/v1/tasks/${failing}/run`)
    await call('GET', '/v1/leases')
    await call('GET', '/v1/queues/default/limits')
    await call('DELETE', `/v1/tasks/${active}`)
    await untilState(active, 'cancelled')
    await call('GET', `/v1/tasks/${active}`)
    await call('DELETE', '/v1/queues/default/limits?type=slow')
    expect(problems).toEqual([])
  })

  async function listed(): Promise<{ states: Set<string> }> {
    const states = new Set<string>()
    for (const queue of ['default', 'aside'])
      for (const state of ['pending', 'scheduled', 'blocked', 'limited', 'active', 'retrying', 'completed', 'dead']) {
        let cursor: string | null = ''
        while (cursor !== null) {
          const path = `/v1/tasks?queue=${queue}&state=${state}&limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
          const page = (await call('GET', path)).json as { items: { state: string }[]; next_cursor: string | null }
          for (const item of page.items) states.add(item.state)
          cursor = page.next_cursor
        }
      }
    return { states }
  }

  it('about the dead, and what is done to many of them', async () => {
    const [one, two] = [await enqueued({ type: 'discard' }, 'dead'), await enqueued({ type: 'discard' }, 'dead')]
    await call('GET', '/v1/dlq?limit=1')
    await call('GET', '/v1/dlq/groups')
    await call('GET', '/failed')
    for (const verb of ['replay', 'purge']) {
      await call('POST', `/v1/dlq/${verb}`, { ids: [one, 'gone'], dry_run: true })
      await call('POST', `/v1/dlq/${verb}`, { filter: 'type:discard', dry_run: true })
    }
    await call('POST', '/v1/dlq/purge', { ids: [one] })
    await call('POST', '/v1/dlq/undo', {})
    await call('POST', '/v1/dlq/undo', { ids: [one] })
    await call('POST', '/v1/dlq/replay', { ids: [two, 'gone'] })
    await untilState(two, 'dead')
    await call('POST', '/v1/dlq/purge', { filter: 'type:discard' })
    await call('POST', '/v1/dlq/replay', { filter: 'type:fail' })
    const begun = await call('POST', '/v1/operations', { kind: 'purge', filter: 'type:nobody', rate: 1, now: true })
    await call('GET', `/v1/operations/${idOf(begun)}?queue=default`)
    for (const verb of ['pause', 'resume', 'cancel']) await call('POST', `/v1/operations/${idOf(begun)}/${verb}`, {})
    await call('GET', '/v1/operations')
    expect(problems).toEqual([])
  })

  it('about queues, workers, sums and scale', async () => {
    for (const verb of ['pause', 'pause', 'resume']) await call('POST', `/v1/queues/aside/${verb}`)
    await call('POST', '/v1/queues/aside/pause')
    await call('POST', '/v1/queues/aside/slo', { wait_ms: 1_000, target: 0.9 })
    for (const path of ['/v1/queues', '/v1/queues/aside', '/v1/workers', '/v1/stats', '/v1/scale', '/stats', '/queues'])
      await call('GET', path)
    await call('DELETE', '/v1/queues/aside/slo')
    expect(problems).toEqual([])
  })

  it('about schedules', async () => {
    const schedule = { spec: '@every 1h', type: 'echo', jitter_ms: 5, start: '2020-01-01T00:00:00Z' }
    await call('POST', '/v1/schedules', { ...schedule, name: 'hourly' })
    await call('PUT', '/v1/schedules/hourly', { ...schedule, overlap: 'skip' })
    await call('POST', '/v1/schedules/hourly/trigger')
    for (const verb of ['disable', 'enable']) await call('POST', `/v1/schedules/hourly/${verb}`)
    await call('GET', '/v1/schedules/hourly')
    await call('GET', '/v1/schedules')
    await call('POST', '/schedule', schedule)
    await call('DELETE', '/v1/schedules/hourly')
    expect(problems).toEqual([])
  })

  it('to the calls of earlier designs, and about itself', async () => {
    await call('POST', '/enqueue', { type: 'echo', priority: 2 })
    await call('POST', '/task', { type: 'nobody.knows', priority: 'high' })
    await call('POST', '/tasks', [{ type: 'echo' }, {}])
    for (const path of ['/livez', '/readyz', '/openapi.json']) await call('GET', path)
    expect(problems).toEqual([])
  })

  it('with one shape for what is refused', async () => {
    await call('GET', '/v1/tasks/nobody')
    await call('GET', '/v1/tasks/nobody/explain')
    await call('POST', '/v1/tasks', {})
    await call('PATCH', '/v1/tasks')
    await call('GET', '/nowhere')
    expect(problems).toEqual([])
  })

  it('without Redis, and so in everything that is documented', async () => {
    await server.kill9()
    await until(async () => (await call('GET', '/readyz')).status === 503, { what: 'the loss to be noticed' })
    await call('GET', '/v1/queues')
    // How much of a bulk change is done with the answer depends on the machine.
    const unseen = answers.all.filter((one) => !answers.seen.has(one) && !/dlq.* 202$/.test(one))
    expect(unseen).toEqual([])
    expect(problems).toEqual([])
  })
})

describe('the check of answers', () => {
  it('finds what is not documented', () => {
    const asked = { method: 'GET', path: '/livez', status: 200, contentType: 'text/plain' }
    expect(answers.problemOf({ ...asked, text: 'ok' })).toBeUndefined()
    expect(answers.problemOf({ ...asked, text: 'fine' })).toMatch(/livez 200/)
    const page = { ...asked, path: '/v1/workers', contentType: 'application/json' }
    expect(answers.problemOf({ ...page, text: '{"items":[],"next_cursor":null}' })).toBeUndefined()
    expect(answers.problemOf({ ...page, text: '{"items":[],"next_cursor":null,"more":1}' })).toMatch(/more/)
    expect(answers.problemOf({ ...page, status: 418, text: '{}' })).toMatch(/another shape/)
    expect(answers.problemOf({ ...page, status: 204, text: '' })).toMatch(/not documented/)
  })
})
