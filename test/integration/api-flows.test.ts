import { describe, expect, it } from 'vitest'
import { idOf, sharedDaemon } from '../helpers/daemon.ts'

const { call, post, get, untilState } = sharedDaemon(['--scheduler-interval', '100ms'])

describe('tasks that depend on others', () => {
  it('run after them, and show them', async () => {
    const parent = await post('/v1/tasks', { type: 'echo', payload: 1, delay_ms: 600_000 })
    const depends = [idOf(parent), { id: idOf(parent), queue: 'default', on_failure: 'ignore' }]
    const child = await post('/v1/tasks', { type: 'echo', depends_on: depends, on_parent_failure: 'ignore' })
    expect(child).toMatchObject({ status: 201 })
    const wire = (id: string, state: string) => [{ id, queue: 'default', type: 'echo', state }]
    expect((await get(`/v1/tasks/${idOf(child)}`)).json).toMatchObject({
      state: 'blocked',
      parents: wire(idOf(parent), 'scheduled'),
    })
    expect((await get(`/v1/tasks/${idOf(parent)}`)).json).toMatchObject({ children: wire(idOf(child), 'blocked') })
    expect((await get('/v1/tasks?state=blocked')).json).toMatchObject({ items: [{ id: idOf(child) }] })
    expect((await get('/v1/queues')).json).toMatchObject([{ name: 'default', blocked: 1 }])
    await call('DELETE', `/v1/tasks/${idOf(parent)}`)
    await untilState(idOf(child), 'completed')
  })

  it('are refused with parents that nobody knows, and with policies that are none', async () => {
    expect(await post('/v1/tasks', { type: 'echo', depends_on: ['nobody'] })).toMatchObject({
      status: 422,
      json: { error: { code: 'invalid_input', details: ['dependsOn'] } },
    })
    expect(await post('/v1/tasks', { type: 'echo', depends_on: ['a'], on_parent_failure: 'no' })).toMatchObject({
      status: 422,
      json: { error: { details: ['on_parent_failure'] } },
    })
  })
})

const MANY = Array.from({ length: 10_001 }, (_, i) => ({ key: `n${i}`, task: { type: 'echo' } }))

describe('flows', () => {
  it('are enqueued as a graph or a tree, and run', async () => {
    const task = { type: 'echo', payload: 1 }
    const reply = await post('/v1/flows', {
      nodes: [
        { key: 'a', task, children: [{ key: 'b', task }] },
        { key: 'c', task, depends_on: ['a', { key: 'b', on_failure: 'wait' }] },
      ],
    })
    expect(reply).toMatchObject({ status: 201, json: { nodes: { a: { outcome: 'enqueued', queue: 'default' } } } })
    const { nodes } = reply.json as { nodes: Record<string, { id: string }> }
    await untilState(nodes['c']!.id, 'completed')
  })

  it.each([
    [{ nodes: [{ key: 'a', task: { type: 'echo' }, depends_on: ['a'] }] }, 'dependsOn', /itself/],
    [{ nodes: [{ key: 'a' }] }, 'nodes.0.task', /has to be/],
    [{ nodes: [{}, {}] }, 'nodes.0.key', /^nodes\.0\.key: is missing; nodes\.0\.task: has to be an object with type/],
    [{ nodes: [{ key: 'a', task: { type: 'echo' }, depends_on: [1] }] }, 'nodes.0.depends_on.0', /has to be a key/],
    [{ nodes: [{ key: 'a', task: { type: 'echo' }, children: [0] }] }, 'nodes.0.children.0', /has to be an object/],
    [{ nodes: MANY }, 'nodes', /at most 10000 nodes/],
    [{ nodes: [{ key: 'a', task: { type: 'echo' }, children: MANY }] }, 'nodes', /at most 10000 nodes/],
    [{ nodes: [] }, 'nodes', /at least one/],
    [{}, 'nodes', /list of nodes/],
  ])('are refused: case %#', async (body, field, message) => {
    expect(await post('/v1/flows', body)).toMatchObject({
      status: 422,
      json: { error: { details: expect.arrayContaining([field]), message: expect.stringMatching(message) as string } },
    })
  })
})
