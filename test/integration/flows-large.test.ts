import { expect, test } from 'vitest'
import { FlowCalls, type FlowTask } from '../../src/core/flow-calls.ts'
import { FlowProducer } from '../../src/core/flow-producer.ts'
import { ScriptRunner } from '../../src/core/runner.ts'
import type { EnqueueReply } from '../../src/core/verbs.ts'
import { openQueue, tasksNamed } from '../helpers/engine.ts'
import { child } from '../helpers/flows.ts'
import { workbench } from '../helpers/workbench.ts'

test('a script takes as many arguments as there are', async () => {
  const { redis } = await openQueue()
  const items = Array.from({ length: 300_000 }, (_, i) => i)
  expect(await redis.runScript('count', 'return #ARGV', [], items)).toBe(300_000)
})

test('a flow of 300 parents and 500 children of each in another queue is enqueued', async () => {
  const { client } = await workbench()
  const parents = Array.from({ length: 300 }, (_, i) => ({ key: `p${i}`, task: 'step' }))
  const dependsOn = parents.map(({ key }) => key)
  const children = Array.from({ length: 500 }, (_, i) => ({
    key: `c${i}`,
    task: 'step',
    options: { queue: 'other' },
    dependsOn,
  }))
  const { nodes } = await client.enqueueFlow({ nodes: [...parents, ...children] })
  expect(Object.keys(nodes)).toHaveLength(800)
  const [queue, other] = await client.inspector.snapshot(['default', 'other'])
  expect([queue!.pending.default, other!.blocked]).toEqual([300, 500])
}, 60_000)

test('tasks of their own are cut into calls by their edges and bytes', async () => {
  const q = await openQueue()
  const sizes: number[] = []
  class Counts extends FlowCalls {
    override enqueue(queue: string, tasks: readonly FlowTask[], together: boolean): Promise<EnqueueReply[]> {
      sizes.push(tasks.length)
      return super.enqueue(queue, tasks, together)
    }
  }
  const unused = (): Promise<never> => Promise.reject(new Error('not asked for'))
  const producer = new FlowProducer({
    calls: new Counts(new ScriptRunner(q.redis, { namespace: q.namespace, nowMs: () => q.nowMs })),
    prepare: unused,
    register: unused,
    cancel: unused,
  })
  const parents = Array.from({ length: 300 }, (_, i) => `p${i}`)
  await q.enqueue(...tasksNamed(...parents))
  const manyEdges = Array.from({ length: 20 }, (_, i) => child(`e${i}`, parents))
  const manyBytes = Array.from({ length: 10 }, (_, i) => child(`b${i}`, ['p0'], { payload: 'x'.repeat(250_000) }))
  expect(await producer.enqueue('q', [...manyEdges, ...manyBytes])).toHaveLength(30)
  expect(sizes).toEqual([6, 6, 6, 6, 4, 2])
  await q.expectSound()
})
