import { describe, expect, it } from 'vitest'
import { explanationToWire } from '../../src/core/explain/wire.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { sharedDaemon } from '../helpers/daemon.ts'
import { workbench } from '../helpers/workbench.ts'

describe('dq explain', () => {
  it('says why in sentences, or as data', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('a', 1)
    expect((await dq(bench, ['explain', id])).out).toBe(
      `${id} in queue default is pending\n* no live worker serves queue default\n* it is next in line, priority default`,
    )
    const json = await dqJson(bench, ['explain', id])
    expect(json).toEqual(explanationToWire(await bench.client.inspector.explain(id)))
    expect(json).toMatchObject({ id, queue: 'default', state: 'pending', reasons: [{ details: { live: 0 } }, {}] })
  })

  it('fails for an id that nobody knows, and says what may have become of it', async () => {
    const { code, out } = await dq(await workbench(), ['explain', 'nobody'])
    expect([code, out]).toEqual([1, expect.stringContaining('its record is no longer kept')])
  })
})

describe('GET /v1/tasks/:id/explain', () => {
  const { get, post } = sharedDaemon([])

  it('answers with reasons, and with 404 for an id that nobody knows', async () => {
    const { json } = await post('/v1/tasks', { type: 'nobody.knows', payload: {}, delay_ms: 60_000 })
    const { id } = json as { id: string }
    expect(await get(`/v1/tasks/${id}/explain`)).toMatchObject({
      status: 200,
      json: {
        id,
        state: 'scheduled',
        reasons: [{ code: 'delayed', details: { due_at: expect.stringMatching(/Z$/) } }, { code: 'type_unknown' }],
      },
    })
    expect(await get('/v1/tasks/nobody/explain')).toMatchObject({
      status: 404,
      json: { error: { code: 'not_found', message: expect.stringContaining('no queue knows it') } },
    })
  })
})
