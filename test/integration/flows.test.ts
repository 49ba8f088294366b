import { describe, expect, test } from 'vitest'
import { Discard } from '../../src/core/errors.ts'
import type { TaskContext } from '../../src/core/handlers.ts'
import type { TaskInfo } from '../../src/core/task.ts'
import type { WorkerOptions } from '../../src/core/worker/options.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

const refused = (field: string, message: RegExp) =>
  expect.objectContaining({
    code: 'invalid_input',
    details: [field],
    message: expect.stringMatching(message) as string,
  })

/** Handlers that tell in which order they ran. */
function crew(): {
  readonly ran: string[]
  readonly tasks: Record<string, (payload: unknown, ctx: TaskContext) => unknown>
} {
  const ran: string[] = []
  const tasks = {
    step(payload: unknown) {
      ran.push(String(payload))
      return { made: payload }
    },
    bad() {
      throw new Discard('it is bad')
    },
    async sum(payload: unknown, ctx: TaskContext) {
      ran.push(String(payload))
      return (await ctx.parents()).map(({ state, result }) => [state, result])
    },
  }
  return { ran, tasks }
}

const kept: Partial<WorkerOptions> = { upkeep: true, queues: ['default', 'other'] }

const final = (bench: Workbench, id: string): Promise<TaskInfo> => bench.client.waitFor(id, { timeoutMs: 20_000 })

describe('a task that depends on others', () => {
  test('runs after them, and reads what they returned', async () => {
    const bench = await workbench()
    const { client } = bench
    const a = await client.enqueue('step', 'a', { resultTtl: 0 })
    const b = await client.enqueue('step', 'b', { queue: 'other' })
    const dependsOn = [a.id, { id: b.id, queue: 'other' }]
    const c = await client.enqueue('sum', 'c', { dependsOn })
    expect(await client.getTask(c.id)).toMatchObject({ state: 'blocked' })
    expect((await client.inspector.explain(c.id)).reasons).toMatchObject([{ code: 'blocked', details: { open: 2 } }])
    expect(await client.inspector.tasks('default', 'blocked')).toMatchObject({ items: [{ id: c.id }] })
    const { ran, tasks } = crew()
    await bench.work(tasks, kept)
    expect((await final(bench, c.id)).result).toEqual([
      ['completed', null],
      ['completed', { made: 'b' }],
    ])
    expect(ran.at(-1)).toBe('c')
  })

  test('dies with a parent of another queue, and runs when both are replayed', async () => {
    const bench = await workbench()
    const { client } = bench
    const bad = await client.enqueue('bad', 1, { queue: 'other' })
    const child = await client.enqueue('step', 'c', { dependsOn: [{ id: bad.id, queue: 'other' }] })
    const grandchild = await client.enqueue('step', 'g', { dependsOn: [child.id] })
    const worker = await bench.work(crew().tasks, kept)
    expect((await final(bench, grandchild.id)).error).toMatchObject({ reason: 'parent_failed' })
    expect((await final(bench, child.id)).error?.message).toContain(`other/${bad.id}`)
    await worker.stop()
    await client.operator.replay('default', [grandchild.id, child.id])
    expect(await client.getTask(child.id)).toMatchObject({ state: 'blocked' })
    await client.operator.replay('other', [bad.id])
    await bench.work({ ...crew().tasks, bad: () => 'good' }, kept)
    expect(await final(bench, grandchild.id)).toMatchObject({ state: 'completed' })
  })

  test('is refused with a parent that nobody knows, with itself, and with too many', async () => {
    const { client } = await workbench()
    await expect(client.enqueue('a', 1, { dependsOn: ['nobody'] })).rejects.toEqual(
      refused('dependsOn', /parent nobody is not known in queue default: its record may have expired/),
    )
    await expect(client.enqueue('a', 1, { dependsOn: [{ id: 'nobody', queue: 'other' }] })).rejects.toEqual(
      refused('dependsOn', /in queue other/),
    )
    await expect(client.enqueue('a', 1, { id: 'me', dependsOn: ['me'] })).rejects.toEqual(
      refused('dependsOn', /itself/),
    )
    const many = Array.from({ length: 1_001 }, (_, i) => `p${i}`)
    await expect(client.enqueue('a', 1, { dependsOn: many })).rejects.toEqual(refused('dependsOn', /at most 1000/))
    const twice = ['p', { id: 'p', onFailure: 'wait' as const }]
    await expect(client.enqueue('a', 1, { dependsOn: twice })).rejects.toEqual(refused('dependsOn', /twice/))
    await expect(client.enqueue('a', 1, { onParentFailure: 'wait' })).rejects.toEqual(
      refused('onParentFailure', /without dependsOn/),
    )
  })

  test('stands beside others in a batch of calls', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('step', 'a', { id: 'first' })
    const results = await bench.client.enqueueMany([
      { type: 'step', payload: 'b', dependsOn: [id] },
      { type: 'step', payload: 'c' },
      { type: 'step', payload: 'd', dependsOn: ['nobody'] },
      { type: 'step', payload: 'e', dependsOn: [{ id: 'nobody', queue: 'other' }] },
    ])
    expect(results).toMatchObject([
      { outcome: 'enqueued' },
      { outcome: 'enqueued' },
      { error: { details: ['dependsOn'] } },
      { error: { details: ['dependsOn'] } },
    ])
    const { ran, tasks } = crew()
    await bench.work(tasks, { ...kept, concurrency: 1 })
    await bench.untilSeen('task.completed', 3)
    expect(ran).toEqual(['a', 'c', 'b'])
  })
})

test('of many tasks a child may stand before its parent of another queue', async () => {
  const { client } = await workbench()
  // More than the calls that are in flight at once can take.
  const parents = Array.from({ length: 20_000 }, (_, i) => ({ type: 'step', payload: i, id: `p${i}` }))
  const child = { type: 'step', payload: 1, queue: 'other', dependsOn: [{ id: 'p19999', queue: 'default' }] }
  const results = await client.enqueueMany([child, ...parents])
  expect(results.filter((result) => 'error' in result)).toEqual([])
})

describe('a flow', () => {
  test('runs in its order, whatever queues its nodes are in', async () => {
    const bench = await workbench()
    const { nodes } = await bench.client.enqueueFlow({
      nodes: [
        { key: 'last', task: 'sum', payload: 'last', dependsOn: ['left', { key: 'right', onFailure: 'ignore' }] },
        { key: 'left', task: 'step', payload: 'left', options: { queue: 'other', resultTtl: 0 }, dependsOn: ['first'] },
        { key: 'right', task: 'bad', options: { maxRetries: 0 }, dependsOn: ['first'] },
        { key: 'first', task: 'step', payload: 'first' },
      ],
    })
    expect(await bench.client.getTask(nodes['left']!.id)).toMatchObject({ state: 'blocked', queue: 'other' })
    const { ran, tasks } = crew()
    await bench.work(tasks, kept)
    expect((await final(bench, nodes['last']!.id)).result).toEqual([
      ['completed', { made: 'left' }],
      ['dead', null],
    ])
    expect(ran).toEqual(['first', 'left', 'last'])
  })

  test('is written as a tree', async () => {
    const bench = await workbench()
    const leaf = (key: string) => ({ key, task: 'step', payload: key })
    const { nodes } = await bench.client.enqueueFlow({
      nodes: [{ ...leaf('a'), children: [{ ...leaf('b'), children: [leaf('c')] }, leaf('d')] }],
    })
    const { parents, children } = await bench.client.inspector.relations(nodes['b']!)
    expect(parents).toMatchObject([{ id: nodes['a']!.id, state: 'pending', type: 'step' }])
    expect(children).toMatchObject([{ id: nodes['c']!.id, state: 'blocked' }])
    const { ran, tasks } = crew()
    await bench.work(tasks, { ...kept, concurrency: 1 })
    await bench.untilSeen('task.completed', 4)
    expect(ran[0]).toBe('a')
    expect(ran.indexOf('c')).toBeGreaterThan(ran.indexOf('b'))
  })

  test('larger than one call is enqueued children first, and runs', async () => {
    const bench = await workbench()
    const nodes = Array.from({ length: 1_200 }, (_, i) => ({
      key: `n${i}`,
      task: 'step',
      payload: i,
      options: i % 7 === 0 ? { queue: 'other' } : {},
      dependsOn: i < 10 ? [] : [`n${i - 10}`, `n${i - 7}`],
    }))
    await bench.client.enqueueFlow({ nodes })
    const { ran, tasks } = crew()
    await bench.work(tasks, { ...kept, concurrency: 50 })
    await bench.untilSeen('task.completed', 1_200)
    const at = new Map(ran.map((name, i) => [Number(name), i]))
    for (let i = 10; i < 1_200; i++) expect(at.get(i)).toBeGreaterThan(Math.max(at.get(i - 10)!, at.get(i - 7)!))
  })

  test('that was refused leaves nothing behind', async () => {
    const bench = await workbench()
    await bench.client.enqueue('step', 'mine', { id: 'taken', queue: 'other' })
    const flow = {
      nodes: [
        { key: 'a', task: 'step', payload: 'other', options: { id: 'taken', queue: 'other' } },
        { key: 'b', task: 'step', dependsOn: ['a'] },
      ],
    }
    await expect(bench.client.enqueueFlow(flow)).rejects.toThrow(/node a: id taken exists with other content/)
    const [queue] = await bench.client.inspector.snapshot(['default'])
    expect(queue).toMatchObject({ blocked: 0, pending: { default: 0 } })
    await expect(
      bench.client.enqueueFlow({
        nodes: [
          { key: 'a', task: 'x', options: { dependsOn: ['nobody'] } },
          { key: 'b', task: 'x' },
        ],
      }),
    ).rejects.toEqual(refused('dependsOn', /parent nobody/))
    expect((await bench.client.inspector.snapshot(['default']))[0]).toMatchObject({ pending: { default: 0 } })
  })

  test('enqueued again is what it was', async () => {
    const bench = await workbench()
    const node = (key: string, dependsOn: string[] = []) => ({ key, task: 'step', options: { id: key }, dependsOn })
    const flow = { nodes: [node('a'), node('b', ['a'])] }
    await bench.client.enqueueFlow(flow)
    const { nodes } = await bench.client.enqueueFlow(flow)
    expect(nodes).toEqual({
      a: { id: 'a', queue: 'default', outcome: 'duplicate' },
      b: { id: 'b', queue: 'default', outcome: 'duplicate' },
    })
  })
})

describe('a batch', () => {
  test('has a callback that runs when all are over, and knows how they ended', async () => {
    const bench = await workbench()
    const items = [1, 2, 3].map((payload) => ({ type: payload === 2 ? 'bad' : 'step', payload }))
    const batch = await bench.client.enqueueBatch(items, { callback: { task: 'sum', payload: 'done' } })
    expect(batch.items).toHaveLength(3)
    await bench.work(crew().tasks, kept)
    expect((await final(bench, batch.callback.id)).result).toEqual([
      ['completed', { made: 1 }],
      ['dead', null],
      ['completed', { made: 3 }],
    ])
  })

  test('of none, or of too many, is refused', async () => {
    const { client } = await workbench()
    const callback = { task: 'sum' }
    await expect(client.enqueueBatch([], { callback })).rejects.toEqual(refused('items', /1 to 1000/))
    const many = Array.from({ length: 1_001 }, () => ({ type: 'step', payload: 1 }))
    await expect(client.enqueueBatch(many, { callback })).rejects.toEqual(refused('items', /1 to 1000/))
  })
})
