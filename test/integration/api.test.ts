import { describe, expect, it } from 'vitest'
import { idOf, sharedDaemon } from '../helpers/daemon.ts'

const daemon = sharedDaemon(['--scheduler-interval', '100ms', '--lease-ttl', '1500ms'])
const { call, post, get, untilState } = daemon

describe('tasks', () => {
  it('are enqueued, run, and show how they ended', async () => {
    const reply = await post('/v1/tasks', { type: 'echo', payload: { a: [1, 'ä'] }, priority: 'high', max_retries: 1 })
    expect(reply).toMatchObject({ status: 201, json: { id: expect.any(String), outcome: 'enqueued' } })
    expect(reply.json).not.toHaveProperty('warning')
    await untilState(idOf(reply), 'completed')
    expect((await get(`/v1/tasks/${idOf(reply)}`)).json).toMatchObject({
      id: idOf(reply),
      type: 'echo',
      queue: 'default',
      state: 'completed',
      attempt: 1,
      worker: daemon.id(),
      finished_at: expect.stringMatching(/^\d{4}-.*Z$/),
      result: { payload: { a: [1, 'ä'] }, attempt: 1 },
    })
  })

  it('are duplicates when their id or idempotency key is there, and conflicts when the id has other content', async () => {
    const task = { type: 'echo', payload: 1, id: 'order-1', delay_ms: 60_000 }
    expect(await post('/v1/tasks', task)).toMatchObject({ status: 201, json: { id: 'order-1', outcome: 'enqueued' } })
    expect(await post('/v1/tasks', task)).toMatchObject({ status: 200, json: { id: 'order-1', outcome: 'duplicate' } })
    expect(await post('/v1/tasks', { ...task, payload: 2 })).toMatchObject({
      status: 409,
      json: { error: { code: 'conflict' } },
    })
    const keyed = { type: 'echo', payload: 1, idempotency_key: 'k', delay_ms: 60_000 }
    const first = await post('/v1/tasks', keyed)
    expect(await post('/v1/tasks', keyed)).toMatchObject({
      status: 200,
      json: { id: idOf(first), outcome: 'duplicate' },
    })
  })

  it('are duplicates, or replace the one that waits, where only one may be', async () => {
    const task = { type: 'echo', payload: { b: 1, a: 2 }, delay_ms: 60_000, unique: { for_ms: 60_000 } }
    const first = await post('/v1/tasks', task)
    const id = idOf(first)
    const same = { ...task, payload: { a: 2, b: 1 } }
    expect(await post('/v1/tasks', same)).toMatchObject({ status: 200, json: { id, outcome: 'duplicate' } })
    const next = { ...same, max_retries: 9, unique: { for_ms: 60_000, by: 'payload', mode: 'replace' } }
    expect(await post('/v1/tasks', next)).toMatchObject({ status: 200, json: { id, outcome: 'replaced' } })
    expect((await get(`/v1/tasks/${id}`)).json).toMatchObject({ max_retries: 9, state: 'scheduled' })
    const keyed = { ...task, payload: 5, unique: { for_ms: 60_000, key: 'k' } }
    expect(await post('/v1/tasks', keyed)).toMatchObject({ status: 201 })
    expect(await post('/v1/tasks', { ...keyed, payload: 6 })).toMatchObject({ json: { outcome: 'duplicate' } })
    expect(await post('/v1/tasks', { ...task, unique: { for_ms: 5, by: 'key' } })).toMatchObject({
      status: 422,
      json: { error: { message: 'unique.key: goes with by "key", and by "key" with it' } },
    })
  })

  it('carry a warning when no live worker knows their type, and are kept', async () => {
    const reply = await post('/v1/tasks', { type: 'nobody.knows', payload: {}, queue: 'aside' })
    expect(reply).toMatchObject({
      status: 201,
      json: { warning: 'no live worker has a handler for type nobody.knows; the task waits for one' },
    })
    expect((await get(`/v1/tasks/${idOf(reply)}?queue=aside`)).json).toMatchObject({ state: 'pending', payload: {} })
  })

  it('get queue and priority from what the workers know of their type', async () => {
    await post('/v1/queues/default/pause')
    const reply = await post('/v1/tasks', { type: 'urgent', payload: {} })
    expect((await get(`/v1/tasks/${idOf(reply)}`)).json).toMatchObject({ priority: 'high', state: 'pending' })
    expect((await post('/v1/queues/default/resume')).json).toEqual({ queue: 'default', outcome: 'resumed' })
    await untilState(idOf(reply), 'completed')
  })

  it('wait for their time, by delay or by date', async () => {
    const late = await post('/v1/tasks', { type: 'echo', payload: {}, execute_at: '2099-01-01T00:00:00+02:00' })
    expect((await get(`/v1/tasks/${idOf(late)}`)).json).toMatchObject({
      state: 'scheduled',
      run_at: '2098-12-31T22:00:00.000Z',
    })
    const sentMs = Date.now()
    const soon = await post('/v1/tasks', { type: 'echo', payload: {}, delay_ms: 300 })
    await untilState(idOf(soon), 'completed')
    expect(Date.now() - sentMs).toBeGreaterThanOrEqual(300)
  })

  it('can be cancelled until they are final', async () => {
    const { json } = await post('/v1/tasks', { type: 'echo', payload: {}, delay_ms: 60_000 })
    const { id } = json as { id: string }
    expect(await call('DELETE', `/v1/tasks/${id}`)).toMatchObject({ status: 200, json: { id, outcome: 'cancelled' } })
    expect(await call('DELETE', `/v1/tasks/${id}`)).toMatchObject({
      status: 409,
      json: { error: { code: 'conflict' } },
    })
    expect(await call('DELETE', '/v1/tasks/nothing')).toMatchObject({ status: 404 })
    const running = await post('/v1/tasks', { type: 'slow', payload: { ms: 60_000 } })
    await untilState(idOf(running), 'active')
    expect(await call('DELETE', `/v1/tasks/${idOf(running)}`)).toMatchObject({
      status: 200,
      json: { outcome: 'requested' },
    })
    await untilState(idOf(running), 'cancelled')
  })

  it('run now that wait for their time, and only those', async () => {
    const late = idOf(await post('/v1/tasks', { type: 'echo', payload: {}, delay_ms: 60_000 }))
    expect(await call('POST', `/v1/tasks/${late}/run`)).toMatchObject({
      status: 200,
      json: { id: late, outcome: 'hastened' },
    })
    await untilState(late, 'completed')
    expect(await call('POST', `/v1/tasks/${late}/run`)).toMatchObject({
      status: 409,
      json: { error: { code: 'conflict', message: `task ${late} is completed and waits for no time` } },
    })
    expect(await call('POST', '/v1/tasks/nothing/run')).toMatchObject({ status: 404 })
  })

  it('come in batches, in which a bad one does not lose the others', async () => {
    const reply = await post('/v1/tasks/batch', [
      { type: 'echo', payload: 1 },
      { type: 'echo', payload: 1, priority: 'urgent' },
      'no task',
      { type: 'echo', payload: 'x'.repeat(300_000) },
      { type: 'echo', payload: 2 },
    ])
    expect(reply.status).toBe(200)
    expect(reply.json).toMatchObject([
      { outcome: 'enqueued' },
      {
        error: {
          code: 'invalid_input',
          message: 'priority: has to be one of high, default, low',
          details: ['priority'],
        },
      },
      { error: { code: 'invalid_input', message: 'has to be an object with type and payload' } },
      { error: { code: 'payload_too_large' } },
      { outcome: 'enqueued' },
    ])
    const [first, , , , last] = reply.json as { id: string }[]
    await untilState(first!.id, 'completed')
    await untilState(last!.id, 'completed')
  })

  it('are listed by state, page by page', async () => {
    for (let i = 0; i < 5; i++) await post('/v1/tasks', { type: 'echo', payload: i, queue: 'paged' })
    const first = (await get('/v1/tasks?queue=paged&state=pending&limit=3')).json as {
      items: unknown[]
      next_cursor: string
    }
    expect(first.items.map((task) => (task as { payload: number }).payload)).toEqual([0, 1, 2])
    const rest = (await get(`/v1/tasks?queue=paged&state=pending&limit=3&cursor=${first.next_cursor}`)).json
    expect(rest).toMatchObject({ items: [{ payload: 3 }, { payload: 4 }], next_cursor: null })
  })
})

describe('queues, leases, workers and statistics', () => {
  it('are shown', async () => {
    const running = await post('/v1/tasks', { type: 'slow', payload: { ms: 60_000 } })
    await untilState(idOf(running), 'active')
    expect((await get('/v1/leases')).json).toMatchObject({
      items: [{ id: idOf(running), type: 'slow', worker: daemon.id() }],
      next_cursor: null,
    })
    expect((await get('/v1/leases?queue=aside')).json).toMatchObject({ items: [] })
    expect((await get('/v1/queues/default')).json).toMatchObject({
      name: 'default',
      paused: false,
      active: 1,
      pending: { high: 0, default: 0, low: 0 },
    })
    expect((await get('/v1/queues')).json).toContainEqual(expect.objectContaining({ name: 'aside' }))
    expect((await get('/v1/workers')).json).toMatchObject({
      items: [{ id: daemon.id(), slots: 10, silent: false, types: expect.arrayContaining(['echo', 'demo.email']) }],
    })
    expect((await get('/v1/stats')).json).toMatchObject({
      workers: { live: 1, silent: 0 },
      ledger: { ok: true, drift: [] },
      redis: { version: expect.stringMatching(/^\d/) },
    })
    await call('DELETE', `/v1/tasks/${idOf(running)}`)
    await untilState(idOf(running), 'cancelled')
  })

  it('are paused and resumed', async () => {
    expect((await post('/v1/queues/aside/pause')).json).toEqual({ queue: 'aside', outcome: 'paused' })
    expect((await post('/v1/queues/aside/pause')).json).toEqual({ queue: 'aside', outcome: 'unchanged' })
    expect((await get('/v1/queues/aside')).json).toMatchObject({ paused: true, paused_by: 'api@127.0.0.1' })
    expect((await post('/v1/queues/aside/resume')).json).toEqual({ queue: 'aside', outcome: 'resumed' })
  })
})
