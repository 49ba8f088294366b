import { beforeEach, describe, expect, test, vi } from 'vitest'
import { FlowCalls } from '../../src/core/flow-calls.ts'
import { forwardOnce, type ForwardContext } from '../../src/core/forward.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { forgetStrangers, reconcilePage } from '../../src/core/reconcile.ts'
import { Strangers } from '../../src/core/strangers.ts'
import { ScriptRunner } from '../../src/core/runner.ts'
import type { NewTask } from '../../src/core/verbs.ts'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../helpers/engine.ts'
import { child, contextOf, flow, forwardAll } from '../helpers/flows.ts'
import { storedState } from '../helpers/stored-state.ts'

let q: TestQueue
let context: ForwardContext
beforeEach(async () => {
  vi.restoreAllMocks()
  q = await openQueue()
  context = contextOf(q)
})

const keysOf = async (key: string): Promise<string[]> => Object.keys((await q.state())[key] ?? {}).toSorted()
/** A task of queue `r` that depends on one of queue `q`, as it is enqueued before that one. */
const abroad = (id: string, parent: string, comes = true): NewTask => ({
  ...aTask(id),
  edges: [{ queue: 'q', id: parent, policy: 'fail', ...(comes ? { comes } : {}) }],
})
const stateOf = (queue: string) => storedState(q.raw, q.namespace, queue)

/** A connection on which the call of that number never comes back, nor any later one. */
class Dies extends FlowCalls {
  static of(after: number): FlowCalls {
    let calls = 0
    const runScript: TestQueue['redis']['runScript'] = async (...call) => {
      if (calls++ >= after) throw new Error('its process died')
      return q.redis.runScript(...call)
    }
    return new FlowCalls(new ScriptRunner({ runScript }, { namespace: q.namespace, nowMs: () => q.nowMs }))
  }
}

/** A flow over two queues in which one node of `q` has ended; what is left of it once all was told. */
async function twoQueues(): Promise<void> {
  await context.calls.enqueue(
    'r',
    [
      { task: abroad('c', 'a'), children: [] },
      { task: abroad('d', 'a'), children: [] },
    ],
    true,
  )
  await flow(q, [aTask('root'), { task: child('a', ['root']), children: ['r/c', 'r/d'] }, child('b', ['a'])])
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['root'] })
  await forwardAll(q)
  await q.claim()
}

const ends = {
  completed: () => q.complete({ nonce: '2-r', ids: ['a'] }),
  dead: () => q.fail({ nonce: '2-r', id: 'a', verdict: 'dead' }),
  async cancelled() {
    await q.run('cancel', { ids: ['a'] })
    await q.release({ nonce: '2-r', id: 'a' })
  },
}

describe('whoever forwards may die between any two steps', () => {
  test.each(Object.keys(ends) as (keyof typeof ends)[])('of a task that %s', async (end) => {
    await twoQueues()
    await ends[end]()
    let deaths = 0
    const dies = (error: unknown): void => {
      expect(error).toHaveProperty('message', 'its process died')
      deaths++
    }
    while ((await q.raw.exists(q.keys.outbox)) === 1)
      await forwardOnce({ ...context, calls: Dies.of(deaths) }, 'q').catch(dies)
    expect(deaths).toBeGreaterThanOrEqual(3)
    await forwardAll(q, ['q', 'r'])
    const state = await stateOf('r')
    const children = end === 'completed' ? state['pending:default'] : Object.keys(state['dead']!)
    expect(children).toEqual(expect.arrayContaining(['c', 'd']))
    expect(state).not.toHaveProperty('blocked')
    expect(state).not.toHaveProperty('outbox')
    await q.expectSound()
    expect((await q.inspector.verifyDeep('r')).problems).toEqual([])
  })

  test('a queue that cannot be told holds up no other', async () => {
    await twoQueues()
    const { meta } = queueKeys(q.namespace, 'r', 'c')
    await q.raw.rename(meta, 'aside')
    await q.raw.set(meta, 'no hash')
    await ends.completed()
    await expect(forwardOnce(context, 'q')).rejects.toThrow(/WRONGTYPE/)
    expect(await keysOf('outbox')).toEqual(['a'])
    expect((await q.state())['pending:default']).toEqual(['b'])
    await q.raw.rename('aside', meta)
    await forwardAll(q, ['q', 'r'])
    expect((await stateOf('r'))['pending:default']).toEqual(['d', 'c'])
  })
})

describe('a task whose parent is in another queue', () => {
  test('asks it, and is told when that is over already', async () => {
    await q.enqueue(...tasksNamed('a'))
    await context.calls.relate('q', [{ sign: '+', parent: 'a', child: 'r/c' }])
    await q.claim()
    await q.complete({ nonce: '1-r', ids: ['a'] })
    await forwardAll(q)
    await context.calls.enqueue('r', [{ task: abroad('c', 'a', false), children: [] }], true)
    expect(await stateOf('r')).toMatchObject({ blocked: { c: q.nowMs } })
    await forwardAll(q, ['q', 'r'])
    expect((await stateOf('r'))['pending:default']).toEqual(['c'])
  })

  test('that died waits for parents that are yet to come, too', async () => {
    await q.kill(...tasksNamed('a'))
    const task = { ...abroad('c', 'late'), edges: [...abroad('c', 'late').edges!, ...abroad('c', 'a', false).edges!] }
    await context.calls.enqueue('r', [{ task, children: [] }], true)
    await forwardAll(q, ['q', 'r'])
    const { edges, dead } = queueKeys(q.namespace, 'r', 'c')
    expect(await q.raw.zscore(dead, 'c')).not.toBeNull()
    expect(await q.raw.hkeys(edges)).toEqual(['c', 'c q/late', 'c q/a'])
  })
})

describe('the reconciler', () => {
  const reconcile = () => reconcilePage(context, 'q', '0', q.nowMs)

  test.each([
    ['completed', () => q.complete({ nonce: '1-r', ids: ['a'] }), []],
    ['died', () => q.fail({ nonce: '1-r', id: 'a', verdict: 'dead' }), ['a', 'b']],
  ])('tells a child whose parent %s and of which the word was lost', async (_, end, died) => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    await q.claim()
    await end()
    await q.raw.del(q.keys.outbox)
    await reconcile()
    await forwardAll(q)
    expect(await keysOf('blocked')).toEqual([])
    expect(await keysOf('dead')).toEqual(died)
    await q.expectSound()
  })

  test('leaves what waits rightly, and what was replayed and waits again', async () => {
    await q.kill(...tasksNamed('a'))
    await flow(q, [aTask('live'), child('b', ['live']), child('c', ['a']), child('d', [['a', 'wait']])])
    await q.run('replay', { ids: ['c'] })
    await forwardAll(q)
    expect(await q.changes(reconcile)).toBe('answer: {"next":"0","looked":6}')
    expect(await keysOf('blocked')).toEqual(['b', 'c', 'd'])
    await q.expectSound()
  })

  test('gives a parent that never came ten minutes', async () => {
    const comes = { queue: 'q', id: 'never', policy: 'fail', comes: true } as const
    await flow(q, [{ ...aTask('a'), edges: [comes] }])
    q.nowMs += 599_000
    await reconcile()
    expect(await keysOf('blocked')).toEqual(['a'])
    q.nowMs += 2_000
    await reconcile()
    expect(await keysOf('dead')).toEqual(['a'])
    await q.expectSound()
  })

  test('frees what is blocked by nothing', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    await q.raw.hdel(q.keys.edges, 'b', 'b q/a')
    await reconcile()
    expect(await keysOf('blocked')).toEqual([])
    await q.expectSound()
  })

  test('asks and counts in calls that stay short', async () => {
    const batches = vi.spyOn(q.redis, 'batch')
    const scripts = vi.spyOn(q.redis, 'runScript')
    const parents = Array.from({ length: 150 }, (_, i) => `p${i}`)
    const children = ['a', 'b', 'c']
    await flow(q, [...tasksNamed(...parents), ...children.map((id) => child(id, parents))])
    for (const id of children) await q.raw.hset(q.keys.edges, id, 7)
    scripts.mockClear()
    expect(await reconcile()).toEqual({ next: '0', looked: 453 })
    expect(scripts.mock.calls.filter(([name]) => name === 'unblock')).toHaveLength(3)
    const noted = parents
      .slice(0, 15)
      .flatMap((parent) => Array.from({ length: 60 }, (_, i) => ({ sign: '+' as const, parent, child: `r/${i}` })))
    await context.calls.relate('q', noted)
    await forgetStrangers(context, 'q', '0', q.nowMs, new Strangers(1))
    const sizes = batches.mock.calls.map(([commands]) => commands.length)
    expect(Math.max(...sizes)).toBe(1_000)
    await q.expectSound()
  })

  test('forgets children that are no more, and no others', async () => {
    const strangers = new Strangers(600_000)
    const forget = () => forgetStrangers(context, 'q', '0', q.nowMs, strangers)
    const children = async () => (await q.state())['children:a']
    await flow(q, [aTask('a'), child('b', ['a'])])
    const nobody = { sign: '+', parent: 'a', child: 'r/nobody' } as const
    const late = { sign: '+', parent: 'a', child: 'r/late' } as const
    await context.calls.relate('q', [nobody, late])
    await forget()
    q.nowMs += 599_000
    await forget()
    expect(await children()).toEqual(['q/b', 'r/late', 'r/nobody'])
    await context.calls.enqueue('r', [{ task: abroad('late', 'a'), children: [] }], true)
    q.nowMs += 1_000
    await forget()
    expect(await children()).toEqual(['q/b', 'r/late'])
    await q.run('cancel', { ids: ['b'] })
    q.nowMs += 1_200_000
    await forget()
    expect(await children()).toEqual(['q/b', 'r/late'])
    await forwardAll(q)
    expect(await children()).toEqual(['r/late'])
  })
})

test('what its children need of a parent outlives its record, until they are over', async () => {
  await flow(q, [aTask('a'), child('b', ['a'])])
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'], record: '{"t":"mail","s":"completed","r":7}' })
  await forwardAll(q)
  q.nowMs += 100_000
  await q.run('sweep')
  expect(await keysOf('results')).toEqual([])
  expect((await q.inspector.relations({ queue: 'q', id: 'b' })).parents).toEqual([
    { id: 'a', queue: 'q', type: 'mail', state: 'completed', result: 7 },
  ])
  await q.claim()
  await q.complete({ nonce: '2-r', ids: ['b'] })
  await forwardAll(q)
  expect(await keysOf('kept')).toEqual([])
  await q.expectSound()
})
