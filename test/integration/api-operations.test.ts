import { describe, expect, it } from 'vitest'
import { idOf, sharedDaemon } from '../helpers/daemon.ts'
import { until } from '../helpers/until.ts'

const { call, post, get, untilState } = sharedDaemon(['--scheduler-interval', '100ms', '--lease-ttl', '1500ms'])

describe('the dead', () => {
  it('are listed, replayed, purged and brought back', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++)
      ids.push(idOf(await post('/v1/tasks', { type: i === 2 ? 'discard' : 'fail', payload: i })))
    for (const id of ids) await untilState(id, 'dead')
    expect((await get('/v1/dlq?type=fail&error=AS%20asked')).json).toMatchObject({
      items: [
        { state: 'dead', error: { reason: 'error', message: 'as asked', stack: expect.any(String) } },
        { state: 'dead' },
      ],
      next_cursor: null,
      scanned: 3,
    })
    expect((await get('/v1/dlq?before=2020-01-01T00:00:00Z')).json).toMatchObject({ items: [] })
    const [first, second, third] = ids as [string, string, string]
    expect((await post('/v1/dlq/replay', { ids: [first, 'gone'] })).json).toEqual({
      operation: expect.any(String),
      dry_run: false,
      scanned: 2,
      matched: 1,
      replayed: 1,
      skipped: 1,
      duplicates: [],
    })
    await until(async () => ((await get(`/v1/tasks/${first}`)).json as { attempt: number }).attempt === 2)
    await untilState(first, 'dead')
    const purged = await post('/v1/dlq/purge', { queue: 'default', ids: [second, third] })
    expect(purged.json).toMatchObject({ operation: expect.any(String), purged: 2, skipped: 0 })
    const { operation } = purged.json as { operation: string }
    expect((await post('/v1/dlq/undo', { operation })).json).toEqual({ operation, restored: 2, skipped: 0 })
    expect((await post('/v1/dlq/purge', { ids, now: true })).json).toMatchObject({ purged: 3 })
    expect((await post('/v1/dlq/undo', {})).json).toEqual({ operation: null, restored: 0, skipped: 0 })
  })
})

describe('dead tasks chosen by a filter', () => {
  const SELECT = { queue: 'default', filter: 'type:discard' }
  const counts = (scanned: number, matched: number) => ({ scanned, matched, total: scanned })

  it('are counted, purged, brought back and replayed', async () => {
    const ids: string[] = []
    for (const type of ['discard', 'discard', 'fail']) ids.push(idOf(await post('/v1/tasks', { type })))
    for (const id of ids) await untilState(id, 'dead')
    const [one] = ids as [string]
    const dry = { operation: null, dry_run: true }
    expect((await post('/v1/dlq/purge', { ...SELECT, dry_run: true })).json).toEqual({ ...dry, ...counts(3, 2) })
    const counted = await post('/v1/dlq/replay', { ids: [one, one, 'gone'], dry_run: true })
    expect(counted.json).toEqual({ ...dry, scanned: 3, matched: 1 })
    const { operation, ...purged } = (await post('/v1/dlq/purge', SELECT)).json as { operation: string }
    expect(purged).toMatchObject({ dry_run: false, total: 3, purged: expect.any(Number), skipped: 0 })
    await until(async () => ((await get(`/v1/operations/${operation}`)).json as { state: string }).state === 'done')
    expect((await get(`/v1/operations/${operation}`)).json).toMatchObject({ kind: 'purge', scanned: 3, done: 2 })
    expect((await post('/v1/dlq/undo', {})).json).toEqual({ operation, restored: 2, skipped: 0 })
    expect((await post('/v1/dlq/replay', SELECT)).json).toMatchObject({ dry_run: false, replayed: expect.any(Number) })
    for (const id of ids)
      await until(async () => {
        const { state, attempt, type } = (await get(`/v1/tasks/${id}`)).json as Record<string, unknown>
        return state === 'dead' && attempt === (type === 'discard' ? 2 : 1)
      })
    expect((await post('/v1/dlq/purge', { ids, now: true })).json).toMatchObject({ purged: 3 })
  })

  it('are refused with a filter that is none, and in a queue that is none', async () => {
    expect(await post('/v1/dlq/purge', { filter: 'tpye:a', dry_run: true })).toMatchObject({ status: 422 })
    for (const verb of ['replay', 'purge', 'undo'])
      expect(await post(`/v1/dlq/${verb}`, { queue: 'nowhere', ids: ['a'] })).toMatchObject({ status: 404 })
    expect(await post('/v1/operations', { queue: 'nowhere', kind: 'purge' })).toMatchObject({ status: 404 })
  })
})

describe('bulk operations', () => {
  it('begin, are driven on by the daemon, and tell how far they are', async () => {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push(idOf(await post('/v1/tasks', { type: 'discard', payload: i })))
    const other = idOf(await post('/v1/tasks', { type: 'fail', payload: 0 }))
    for (const id of [...ids, other]) await untilState(id, 'dead')
    const begun = await post('/v1/operations', { kind: 'purge', filter: 'type:discard' })
    expect(begun).toMatchObject({ status: 201, json: { state: 'running', done: 0, filter: 'type:discard' } })
    const path = `/v1/operations/${idOf(begun)}`
    const state = async (): Promise<unknown> => ((await get(path)).json as { state: unknown }).state
    await until(async () => (await state()) === 'done', { what: 'the operation to be done' })
    expect((await get('/v1/operations?queue=default')).json).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ done: 3, skipped: 0 })]),
      next_cursor: null,
    })
    expect((await post(`${path}/cancel`, {})).json).toMatchObject({ state: 'done' })
    expect((await post('/v1/dlq/undo', { operation: idOf(begun) })).json).toEqual({
      operation: idOf(begun),
      restored: 3,
      skipped: 0,
    })
    expect((await post('/v1/dlq/purge', { ids: [...ids, other], now: true })).json).toMatchObject({ purged: 4 })
  })

  it('are refused, with the word that is wrong, and nothing begins', async () => {
    expect(await post('/v1/operations', { kind: 'purge', filter: 'tpye:mail' })).toMatchObject({
      status: 422,
      json: { error: { message: expect.stringContaining('did you mean type?') } },
    })
    expect(await post('/v1/operations', { kind: 'melt' })).toMatchObject({ status: 422 })
    expect((await post('/v1/operations/nobody/pause', {})).status).toBe(404)
    expect((await get('/v1/operations/nobody')).status).toBe(404)
  })
})

describe('schedules', () => {
  it('are saved, fire, and are removed', async () => {
    const saved = await post('/v1/schedules', {
      name: 'tick',
      spec: '@every 1s',
      type: 'echo',
      payload: { from: 'tick' },
    })
    expect(saved).toMatchObject({
      status: 201,
      json: { name: 'tick', spec: '@every 1s', time_zone: 'UTC', next_run_at: expect.any(String) },
    })
    expect((await get('/v1/schedules/tick')).json).toMatchObject({ type: 'echo', queue: 'default' })
    expect((await get('/v1/schedules')).json).toMatchObject({ items: [{ name: 'tick' }] })
    const fired = await until(async () => {
      const page = (await get('/v1/tasks?state=completed&limit=500')).json as { items: { id: string }[] }
      return page.items.find((task) => task.id.startsWith('tick:'))
    })
    expect(fired).toMatchObject({ type: 'echo', result: { payload: { from: 'tick' } } })
    expect(await call('DELETE', '/v1/schedules/tick')).toMatchObject({
      status: 200,
      json: { name: 'tick', outcome: 'removed' },
    })
    expect(await call('DELETE', '/v1/schedules/tick')).toMatchObject({ status: 404 })
    expect(await get('/v1/schedules/tick')).toMatchObject({ status: 404 })
  })
})

describe('the calls of earlier designs', () => {
  it('work as they were written', async () => {
    const enqueued = await post('/enqueue', { type: 'echo', payload: { to: 'x' }, priority: 2 })
    expect(enqueued).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      text: expect.stringMatching(/^Task enqueued: \S+$/),
    })
    const id = enqueued.text.split(' ')[2]!
    await untilState(id, 'completed')
    expect((await get(`/result?id=${id}`)).json).toMatchObject({
      status: 'completed',
      timestamp: expect.any(String),
      result: { payload: { to: 'x' } },
    })
    expect((await get(`/tasks/${id}`)).json).toMatchObject({ id, state: 'completed' })
    expect(await get('/result?id=unknown')).toMatchObject({ status: 404 })
    const single = await post('/task', {
      type: 'echo',
      payload: '{}',
      priority: 'high',
      execute_at: '2020-01-01T00:00:00Z',
      idempotency_key: 'one',
    })
    expect(single).toMatchObject({ status: 200, json: { id: expect.any(String) } })
    expect(Object.keys(single.json as object)).toEqual(['id'])
    const many = await post('/tasks', [{ type: 'echo', payload: '1' }, { type: '' }])
    expect(many).toMatchObject({
      status: 200,
      json: [{ id: expect.any(String) }, { error: { code: 'invalid_input' } }],
    })
    const schedule = { spec: '0 4 * * *', type: 'echo', payload: {} }
    const named = await post('/schedule', schedule)
    expect(named).toMatchObject({
      status: 200,
      json: { name: expect.any(String), next_run: expect.stringContaining('T04:00:00') },
    })
    expect((await post('/schedule', schedule)).json).toEqual(named.json)
    expect((await get('/stats')).json).toMatchObject({
      enqueued: expect.any(Number),
      dequeued: expect.any(Number),
      retried: 0,
    })
    await post('/task', { type: 'echo', payload: 0, queue: 'aside' })
    expect((await get('/queues')).json).toEqual({ default: 0, aside: 1 })
    const dead = await post('/task', { type: 'fail', payload: 0 })
    await untilState(idOf(dead), 'dead')
    expect((await get('/failed')).json).toMatchObject([{ id: idOf(dead), state: 'dead' }])
    expect((await get(`/result?id=${idOf(dead)}`)).json).toMatchObject({
      status: 'dead',
      error: { reason: 'error', message: 'as asked' },
    })
  })
})
