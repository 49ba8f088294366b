import { describe, expect, it } from 'vitest'
import { idOf, sharedDaemon } from '../helpers/daemon.ts'

const { call, post, get, untilState } = sharedDaemon(['--scheduler-interval', '100ms'])

describe('a schedule', () => {
  const yearly = { spec: '0 0 1 1 *', type: 'echo', payload: { n: 1 } }

  it('is put under the name of its path, shown with its history, switched and triggered', async () => {
    const all = {
      ...yearly,
      time_zone: 'Europe/Berlin',
      priority: 'low',
      start: '2020-01-01T00:00:00Z',
      end: '2200-01-01T00:00:00Z',
      missed: 'skip',
      overlap: 'skip',
      jitter_ms: 5_000,
    }
    expect(await call('PUT', '/v1/schedules/year', { body: all })).toMatchObject({
      status: 200,
      json: { ...all, start: '2020-01-01T00:00:00.000Z', end: '2200-01-01T00:00:00.000Z', name: 'year', enabled: true },
    })
    const triggered = await post('/v1/schedules/year/trigger', undefined)
    expect(triggered).toMatchObject({
      status: 202,
      json: { outcome: 'fired', id: expect.stringMatching(/^year:t\d+$/) },
    })
    await untilState(idOf(triggered), 'completed')
    expect((await get('/v1/schedules/year')).json).toMatchObject({
      runs: [{ what: 'triggered', count: 1, id: idOf(triggered), state: 'completed' }],
      last_run: { state: 'completed' },
    })
    const disabled = await post('/v1/schedules/year/disable', undefined)
    expect(disabled).toMatchObject({ status: 200, json: { enabled: false } })
    expect(disabled.json).not.toHaveProperty('next_run_at')
    expect((await post('/v1/schedules/year/enable', undefined)).json).toMatchObject({
      enabled: true,
      next_run_at: expect.stringMatching(/T23:00:00/),
    })
    await call('DELETE', '/v1/schedules/year')
  })

  it('is not triggered while a run goes on that is to be alone', async () => {
    await call('PUT', '/v1/schedules/alone', {
      body: { ...yearly, type: 'nobody', queue: 'aside', overlap: 'skip' },
    })
    const first = await post('/v1/schedules/alone/trigger', undefined)
    expect(await post('/v1/schedules/alone/trigger', undefined)).toMatchObject({
      status: 409,
      json: { error: { code: 'conflict', message: `a run of schedule alone goes on: task ${idOf(first)}` } },
    })
    await call('DELETE', '/v1/schedules/alone')
    await call('DELETE', `/v1/tasks/${idOf(first)}`)
  })

  it.each([
    [{ missed: 'all', overlap: 'queue' }, /missed 'all'/],
    [{ jitter_ms: -1 }, /jitter_ms/],
    [{ spec: '@every 1m', jitter_ms: 90_000 }, /longer than the shortest interval/],
    [{ start: '2030-01-01T00:00:00Z', end: '2029-01-01T00:00:00Z' }, /before the start/],
    [{ end: '2020-01-01T00:00:00Z' }, /no run comes before it/],
    [{ name: 'other' }, /name/],
  ])('is refused with %o', async (wrong, says) => {
    const refused = await call('PUT', '/v1/schedules/wrong', { body: { ...yearly, ...wrong } })
    expect(refused).toMatchObject({ status: 422, json: { error: { message: expect.stringMatching(says) } } })
    expect((await get('/v1/schedules/wrong')).status).toBe(404)
  })

  it.each(['trigger', 'enable', 'disable'])('that is not there cannot be %sd', async (verb) => {
    expect((await post(`/v1/schedules/nobody/${verb}`, undefined)).status).toBe(404)
  })
})
