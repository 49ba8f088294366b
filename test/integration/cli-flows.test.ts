import { expect, it } from 'vitest'
import type { EnqueueResult } from '../../src/core/enqueue-result.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { workbench } from '../helpers/workbench.ts'

it('enqueues tasks that depend on others, lists those that wait, and shows both sides', async () => {
  const bench = await workbench()
  const a = await dqJson<EnqueueResult>(bench, ['enqueue', 'step'])
  const b = await dqJson<EnqueueResult>(bench, ['enqueue', 'step', '--queue', 'other'])
  const depends = ['--depends-on', `${a.id}, other/${b.id}`, '--on-parent-failure', 'wait']
  const c = await dqJson<EnqueueResult>(bench, ['enqueue', 'step', ...depends])
  const relative = (id: string, queue: string, state: string) => ({ id, queue, type: 'step', state })
  expect(await dqJson(bench, ['get', c.id])).toMatchObject({
    state: 'blocked',
    parents: [relative(a.id, 'default', 'pending'), relative(b.id, 'other', 'pending')],
  })
  expect(await dqJson(bench, ['list', '--state', 'blocked'])).toMatchObject({ items: [{ id: c.id }] })
  expect((await dq(bench, ['get', a.id])).out).toContain(`children\n  blocked default/${c.id} step`)
  expect((await dq(bench, ['get', c.id])).out).toContain(`  pending other/${b.id} step`)
})

it('cancels what waits before that it waits for', async () => {
  const bench = await workbench()
  await bench.client.enqueueFlow({ nodes: [{ key: 'a', task: 'step', children: [{ key: 'b', task: 'step' }] }] })
  expect(await dq(bench, ['cancel', '--all', '--yes'])).toMatchObject({ code: 0 })
  expect((await bench.client.inspector.snapshot(['default']))[0]).toMatchObject({ blocked: 0, dead: 0, completed: 2 })
})

it('takes them from lines too', async () => {
  const bench = await workbench()
  await bench.client.enqueue('step', 1, { id: 'a' })
  const line = JSON.stringify({ type: 'step', payload: 1, id: 'b', depends_on: [{ id: 'a', on_failure: 'ignore' }] })
  expect(await dq(bench, ['enqueue', '-'], { input: `${line}\n` })).toMatchObject({ code: 0 })
  expect(await bench.client.getTask('b')).toMatchObject({ state: 'blocked' })
  await bench.client.cancel('a')
  const unknown = await dq(bench, ['enqueue', 'step', '--depends-on', 'nobody'])
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('parent nobody is not known in queue default')
})
