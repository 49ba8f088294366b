import { describe, expect, it } from 'vitest'
import { sharedDaemon } from '../helpers/daemon.ts'

const { call, post, get } = sharedDaemon(['--roles', 'api'])
const PATH = '/v1/queues/default/limits'

describe('limits over HTTP', () => {
  it('are set, shown and taken away', async () => {
    await post('/v1/tasks', { type: 'mail', limit_key: 'a' })
    const body = { type: 'mail', rate: { limit: 5, per_ms: 60_000, per_key: true }, concurrency: { limit: 2 } }
    expect(await call('PUT', PATH, { body })).toMatchObject({ status: 200, json: { outcome: 'set', type: 'mail' } })
    expect((await get(PATH)).json).toMatchObject({
      items: [
        {
          queue: 'default',
          type: 'mail',
          rate: { limit: 5, per_ms: 60_000, burst: 1, per_key: true },
          concurrency: { limit: 2, per_key: false },
          set_by: 'hand',
          waiting: 0,
        },
      ],
      next_cursor: null,
    })
    expect((await call('DELETE', `${PATH}?type=mail`)).json).toMatchObject({ outcome: 'removed' })
    expect((await call('DELETE', `${PATH}?type=mail`)).json).toMatchObject({ outcome: 'unchanged' })
    expect((await get(PATH)).json).toMatchObject({ items: [] })
  })

  it('refuse with 429 what producers enqueue beyond them', async () => {
    await call('PUT', PATH, { body: { type: 'mail', enqueue: { limit: 1, per_ms: 3_600_000 } } })
    expect((await post('/v1/tasks', { type: 'mail' })).status).toBe(201)
    const refused = await post('/v1/tasks', { type: 'mail' })
    expect(refused).toMatchObject({ status: 429, json: { error: { code: 'rate_limited' } } })
    expect(refused.text).toContain('rate limit exceeded')
    expect((await post('/v1/tasks/batch', [{ type: 'mail' }, { type: 'other' }])).json).toMatchObject([
      { error: { code: 'rate_limited' } },
      { outcome: 'enqueued' },
    ])
    await call('DELETE', `${PATH}?type=mail`)
  })

  it.each([
    [{}, 'says no limit'],
    [{ concurrency: { limit: 0 } }, 'pause it'],
    [{ concurrency: { limit: 2, per_key: true } }, 'give type'],
    [{ rate: { limit: -1 } }, 'rate.limit'],
    [{ rate: { limit: 1, per_ms: 0 } }, 'rate.per'],
    [{ queues: ['a', 'b'], concurrency: { limit: 1 } }, 'queues'],
  ])('refuse %j, naming the field', async (body, words) => {
    const { status, text } = await call('PUT', PATH, { body })
    expect(status).toBe(422)
    expect(text).toContain(words)
  })

  it('are of a queue that there is', async () => {
    expect((await get('/v1/queues/nowhere/limits')).status).toBe(404)
  })
})
