import { expect, test } from 'vitest'
import { workbench } from '../helpers/workbench.ts'

const tasks = { step: () => 'made', bad: () => Promise.reject(new Error('bad')) }
const flowOf = (task: string) => ({
  nodes: [
    { key: 'a', task, options: { id: 'a', maxRetries: 0 } },
    { key: 'b', task: 'step', options: { id: 'b', queue: 'other' }, dependsOn: ['a'] },
  ],
})

test.each([
  ['step', 'completed'],
  ['bad', 'dead'],
] as const)('a node %s that is %s already tells its children in other queues', async (task, state) => {
  const bench = await workbench()
  const { client } = bench
  await client.enqueue(task, undefined, { id: 'a', maxRetries: 0 })
  const worker = await bench.work(tasks)
  await bench.untilState('a', state)
  await worker.stop()
  const { nodes } = await client.enqueueFlow(flowOf(task))
  expect(nodes).toMatchObject({ a: { outcome: 'duplicate' }, b: { outcome: 'enqueued' } })
  expect(await client.getTask('b')).toMatchObject({ state: state === 'dead' ? 'dead' : 'pending' })
})

test('a node that is there already knows of its children in other queues', async () => {
  const bench = await workbench()
  const { client } = bench
  await client.enqueue('step', undefined, { id: 'a', maxRetries: 0 })
  await client.enqueueFlow(flowOf('step'))
  expect((await client.inspector.relations({ queue: 'default', id: 'a' })).children).toMatchObject([{ id: 'b' }])
  await bench.work(tasks, { upkeep: true, queues: ['default', 'other'] })
  expect(await client.waitFor('b', { timeoutMs: 20_000 })).toMatchObject({ state: 'completed' })
})

test('a node of which nothing is left but its id is refused, and its children are taken back', async () => {
  const bench = await workbench()
  const { client } = bench
  await client.enqueue('step', undefined, { id: 'a', maxRetries: 0, resultTtl: 0 })
  const worker = await bench.work(tasks)
  await bench.untilSeen('task.completed')
  await worker.stop()
  await expect(client.enqueueFlow(flowOf('step'))).rejects.toThrow(/parent a is not known in queue default/)
  expect(await client.getTask('b')).toMatchObject({ state: 'cancelled' })
})
