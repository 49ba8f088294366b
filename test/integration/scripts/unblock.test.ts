import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const T = 1_700_000_000_000
/** Each told twice: the second time nothing is new. */
async function unblock(...items: (string | number)[]): Promise<unknown> {
  const reply = await q.send('unblock', { items })
  const state = await q.state()
  await q.send('unblock', { items })
  expect(await q.state()).toEqual(state)
  return reply
}
const done = (parent: string, id: string) => unblock(`q/${parent}`, 'done', 0, id)
const dead = (parent: string, id: string, mark: number = T) => unblock(`q/${parent}`, 'dead', mark, id)
const gone = (parent: string, id: string) => unblock(`q/${parent}`, 'gone', 0, id)
const keysOf = async (key: string): Promise<string[]> => Object.keys((await q.state())[key] ?? {})

describe('a parent that completed', () => {
  test('closes its edge; the last one puts the child into line', async () => {
    await flow(q, [aTask('a'), aTask('b'), child('c', ['a', 'b'])])
    expect(await q.changes(() => done('a', 'c'))).toMatchInlineSnapshot(`
      "answer: "n"
      edges: c=2→1 -c q/a"
    `)
    expect(await q.changes(() => done('b', 'c'))).toMatchInlineSnapshot(`
      "answer: "u"
      blocked: -c
      edges: -c -c q/b
      pending:default: [b, a] → [c, b, a]"
    `)
    await q.expectSound()
  })

  test('begins the delay of the child', async () => {
    await flow(q, [aTask('a'), child('b', ['a'], { when: 'in', timeMs: 5_000, priority: 'high' })])
    q.nowMs += 100_000
    expect(await done('a', 'b')).toBe('u')
    expect((await q.state())['scheduled']).toEqual({ hb: q.nowMs + 5_000 })
    await q.expectSound()
  })

  test('does not make a child wait whose time has come, nor run one before its time', async () => {
    await flow(q, [
      aTask('a'),
      child('b', ['a'], { when: 'at', timeMs: T + 5 }),
      child('c', ['a'], { when: 'at', timeMs: T + 50 }),
    ])
    q.nowMs += 10
    await done('a', 'b')
    await done('a', 'c')
    expect((await q.state())['scheduled']).toEqual({ dc: T + 50 })
    expect(await q.claimIds()).toEqual(['a', 'b'])
    await q.expectSound()
  })

  test('a child that is dead stays dead; its edge is closed', async () => {
    await flow(q, [aTask('a'), aTask('b'), child('c', ['a', 'b'])])
    await dead('a', 'c')
    expect(await done('a', 'c')).toBe('n')
    expect(await done('b', 'c')).toBe('n')
    expect(await keysOf('dead')).toEqual(['c'])
    expect(await keysOf('edges')).toEqual([])
    await q.expectSound()
  })

  test('an old entry of the child in line is its own again', async () => {
    await flow(q, [aTask('a'), aTask('b')])
    await q.run('cancel', { ids: ['b'] })
    await flow(q, [child('b', ['a'])])
    await done('a', 'b')
    expect((await q.state())['pending:default']).toEqual(['b', 'a'])
    await q.expectSound()
  })
})

describe('a parent that died', () => {
  test('fails its child, and is waited for still: it may be replayed', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    expect(await q.changes(() => dead('a', 'b'))).toMatchInlineSnapshot(`
      "answer: "d"
      blocked: -b
      counters: +dead:mail=1
      dead: +b=T+0
      edges: b q/a=f0→fT+0
      failures: +b=d|mail⏎{"f":"ec148b0ff2","n":0,"at":T+0,"r":"parent_failed","m":"its parent q/a did not complete"}
      groups: +ec148b0ff2=1|T+0|T+0|2833333|1,0,0,0,0,0 +ec148b0ff2:s=mail⏎{"f":"ec148b0ff2","n":0,"at":T+0,"r":"parent_failed","m":"its parent q/a did not complete"}
      meta: +facts=1
      outbox: +b=dead T+0 1
      series: 10s@T+0=2 0 0 0→2 0 0 1 1s@T+0=2 0 0 0→2 0 0 1"
    `)
    await q.run('replay', { ids: ['b'] })
    expect(await keysOf('blocked')).toEqual(['b'])
    expect(await dead('a', 'b')).toBe('k')
    expect(await dead('a', 'b', T - 5)).toBe('k')
    expect(await keysOf('blocked')).toEqual(['b'])
    expect(await dead('a', 'b', T + 5)).toBe('d')
    await q.expectSound()
  })

  test('again, while the clock has stepped back, fails its child again', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    const dies = async (nonce: string): Promise<void> => {
      await q.claim()
      await q.fail({ nonce, id: 'a', verdict: 'dead' })
      await forwardAll(q)
      expect(await keysOf('dead')).toEqual(['a', 'b'])
    }
    await dies('1-r')
    await q.run('replay', { ids: ['a', 'b'] })
    q.nowMs -= 3_600_000
    await dies('2-r')
    await q.run('replay', { ids: ['b'] })
    // The reconciler and new children hear of the same death, and not as of another.
    expect(await q.run('relate', { items: ['+', 'a', 'q/b'] })).toEqual(['dead', T + 1])
    expect(await dead('a', 'b', T + 1)).toBe('k')
    await flow(q, [child('c', ['a'])])
    expect((await q.state())['edges']).toMatchObject({ 'b q/a': `f${T + 1}`, 'c q/a': `f${T + 1}` })
    await forwardAll(q)
    await q.expectSound()
  })

  test('is as good as completed where it does not matter, and is waited for where that is wanted', async () => {
    await flow(q, [aTask('a'), child('b', [['a', 'ignore']]), child('c', [['a', 'wait']])])
    expect(await dead('a', 'b')).toBe('u')
    expect(await dead('a', 'c')).toBe('n')
    expect(await keysOf('blocked')).toEqual(['c'])
    expect(await done('a', 'c')).toBe('u')
    await q.expectSound()
  })

  test('a child that fails takes its own children along', async () => {
    await flow(q, [aTask('a'), child('b', ['a']), child('c', ['b'])])
    await dead('a', 'b')
    expect((await q.state())['outbox']).toEqual({ b: `dead ${q.nowMs} 1` })
  })

  test('does nothing to a child that has left', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    await q.run('cancel', { ids: ['b'] })
    expect(await dead('a', 'b')).toBe('n')
    expect(await keysOf('dead')).toEqual([])
    await q.expectSound()
  })
})

describe('a parent that is gone for good', () => {
  test('fails its child, whether it waits for a replay or not, and is waited for no more', async () => {
    await flow(q, [aTask('a'), child('b', ['a']), child('c', [['a', 'wait']]), child('d', [['a', 'ignore']])])
    expect(await gone('a', 'b')).toBe('d')
    expect(await gone('a', 'c')).toBe('d')
    expect(await gone('a', 'd')).toBe('u')
    expect(await keysOf('edges')).toEqual([])
    expect(await q.run('replay', { ids: ['b'] })).toBe('=r')
    expect(await q.claimIds()).toEqual(['a', 'd', 'b'])
    await q.expectSound()
  })
})

describe('a count of edges that is wrong', () => {
  test('is made right by the edges there are', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    await q.raw.hset(q.keys.edges, 'b', 7)
    expect(await unblock('', 'recount', 0, 'b')).toBe('n')
    expect((await q.state())['edges']).toEqual({ b: '1', 'b q/a': 'f0' })
    await q.expectSound()
  })

  test('where there are none, the task is free', async () => {
    await flow(q, [aTask('a'), child('b', ['a'])])
    await q.raw.hdel(q.keys.edges, 'b q/a')
    expect(await unblock('', 'recount', 0, 'b')).toBe('u')
    expect(await q.claimIds()).toEqual(['a', 'b'])
    await q.expectSound()
  })
})

test('what is not an edge is none', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  expect(await q.changes(() => done('a', 'b'))).toMatchInlineSnapshot(`"answer: "k""`)
})
