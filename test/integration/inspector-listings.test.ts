import { beforeEach, describe, expect, test } from 'vitest'
import { STATE_NAMES, type State } from '../../src/core/states.ts'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  q.nowMs = Date.now()
})

/** Ids of a listing, page by page. */
async function pagesOf(state: State, limit: number, type?: string): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const page = await q.inspector.tasks('q', state, { cursor, limit, type })
    pages.push(page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return pages
}
const allOf = async (state: State, limit = 2): Promise<string[]> => (await pagesOf(state, limit)).flat()

describe('listings', () => {
  test('of pending tasks: by priority, next to run first, without ghosts', async () => {
    await q.enqueue(
      aTask('l1', { priority: 'low' }),
      ...tasksNamed('d1', 'd2', 'x', 'd3'),
      aTask('h1', { priority: 'high' }),
    )
    await q.run('cancel', { ids: ['x'] })
    for (const limit of [1, 2, 3, 100]) expect(await allOf('pending', limit)).toEqual(['h1', 'd1', 'd2', 'd3', 'l1'])
    expect(await pagesOf('pending', 5)).toEqual([['h1', 'd1', 'd2', 'd3', 'l1']])
  })

  test('of scheduled tasks and of retries: soonest first, each its own', async () => {
    await q.enqueue(...tasksNamed('r1', 'r2'))
    await q.claim()
    await q.fail({ nonce: '1-r', id: 'r2', delayMs: 100 }, { nonce: '1-r', id: 'r1', delayMs: 200 })
    await q.enqueue(...[3, 1, 2].map((n) => aTask(`s${n}`, { when: 'in', timeMs: n * 90, priority: 'high' })))
    for (const limit of [1, 2, 10]) {
      expect(await allOf('scheduled', limit)).toEqual(['s1', 's2', 's3'])
      expect(await allOf('retrying', limit)).toEqual(['r2', 'r1'])
    }
  })

  test('of active tasks: soonest end of lease first, every one that is held and none that was settled', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `t${i}`)
    await q.enqueue(...tasksNamed(...ids))
    for (const want of [20, 3, 37]) {
      q.nowMs += 1
      await q.claim({ want })
    }
    await q.complete({ nonce: '1-r', ids: ids.slice(0, 19) })
    await q.complete({ nonce: '3-r', ids: ids.slice(24, 58) })
    const held = ['t19', 't20', 't21', 't22', 't23', 't58', 't59']
    for (const limit of [1, 2, 3, 7, 100]) expect(await allOf('active', limit)).toEqual(held)
    expect((await q.inspector.leases({ queues: ['q'], limit: 100 })).map(({ id }) => id)).toEqual(held)
    expect((await q.inspector.leases({ queues: ['q'], limit: 5 })).map(({ id }) => id)).toEqual(held.slice(0, 5))
  })

  test('of leases leave out a task whose envelope is gone: it ended between two looks', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    await q.claim({ want: 2 })
    await q.raw.hdel(`${q.namespace}:{q}:tasks`, 'a')
    expect((await q.inspector.leases({ queues: ['q'] })).map(({ id }) => id)).toEqual(['b'])
  })

  test('of active tasks go on where they were, though leases are renewed and end meanwhile', async () => {
    await q.enqueue(...tasksNamed('a', 'b', 'c', 'd', 'e', 'f'))
    for (let i = 0; i < 3; i++) {
      q.nowMs += 1
      await q.claim({ want: 2 })
    }
    const first = await q.inspector.tasks('q', 'active', { limit: 3 })
    expect(first.items.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    await q.complete({ nonce: '1-r', ids: ['a', 'b'] })
    const second = await q.inspector.tasks('q', 'active', { limit: 2, cursor: first.cursor })
    expect(second.items.map(({ id }) => id)).toEqual(['d', 'e'])
    q.nowMs += 1_000
    await q.run('renew', { nonces: ['3-r'] })
    const third = await q.inspector.tasks('q', 'active', { limit: 9, cursor: second.cursor })
    expect(third.items.map(({ id }) => id)).toContain('f')
  })

  test('of dead, completed and cancelled tasks: newest first, whatever has the same time', async () => {
    const ids = Array.from({ length: 7 }, (_, i) => `t${i}`)
    await q.enqueue(...tasksNamed(...ids, 'done', 'also', 'gone', 'left'))
    await q.claim({ want: 11 })
    for (const batch of [ids.slice(0, 3), ids.slice(3)]) {
      await q.fail(...batch.map((id) => ({ nonce: '1-r', id, verdict: 'dead' as const })))
      q.nowMs += 10
    }
    await q.complete({ nonce: '1-r', ids: ['done'], record: '{"t":"mail"}' })
    q.nowMs += 10
    await q.complete({ nonce: '1-r', ids: ['also'], record: '{"t":"mail"}' })
    await q.release({ nonce: '1-r', id: 'gone' }, { nonce: '1-r', id: 'left' })
    await q.run('cancel', { ids: ['gone'], resultTtlMs: 60_000 })
    for (const limit of [1, 2, 3, 100]) {
      expect(await allOf('dead', limit)).toEqual(['t6', 't5', 't4', 't3', 't2', 't1', 't0'])
      expect(await allOf('completed', limit)).toEqual(['also', 'done'])
      expect(await allOf('cancelled', limit)).toEqual(['gone'])
    }
  })

  test('of the dead lose none when those already shown are purged or replayed', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `t${i}`.padEnd(4, '-'))
    await q.kill(...tasksNamed(...ids))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await q.inspector.deadPage('q', { cursor, limit: 5 })
      const shown = page.items.map(({ id }) => id)
      seen.push(...shown)
      await q.run('purge', { ids: shown.slice(0, 4) })
      await q.run('replay', { ids: shown.slice(4) })
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen.toSorted()).toEqual(ids.toSorted())
  })

  test('filter by type', async () => {
    await q.enqueue(...Array.from({ length: 9 }, (_, i) => aTask(`t${i}`, { type: i % 3 === 0 ? 'pdf' : 'mail' })))
    expect((await pagesOf('pending', 2, 'pdf')).flat()).toEqual(['t0', 't3', 't6'])
    expect((await pagesOf('pending', 2, 'none')).flat()).toEqual([])
  })

  test.each(STATE_NAMES)(
    'of %s tasks are empty in a queue that never was, and refuse a foreign cursor',
    async (state) => {
      expect(await q.inspector.tasks('q', state)).toMatchObject({ items: [], cursor: undefined })
      for (const cursor of ['', 'x', '5', '9:9', '|', 'nan|a'])
        await expect(q.inspector.tasks('q', state, { cursor })).rejects.toMatchObject({ code: 'invalid_input' })
    },
  )

  test('take at least one and at most 500', async () => {
    await q.kill(...tasksNamed('a', 'b', 'c'))
    for (const limit of [0, -5]) expect((await q.inspector.deadPage('q', { limit })).items).toHaveLength(1)
    await q.broker().enqueue(
      'q',
      Array.from({ length: 700 }, (_, i) => aTask(`t${i}`)),
    )
    expect((await q.inspector.tasks('q', 'pending', { limit: 9_999 })).items).toHaveLength(500)
  })

  test('look at so many places and no more, even if all of them are ghosts', async () => {
    const ids = Array.from({ length: 2_600 }, (_, i) => `g${i}`)
    await q.broker().enqueue('q', tasksNamed(...ids, 'last'))
    await q.broker().cancel('q', ids, 'me')
    const page = await q.inspector.tasks('q', 'pending', { limit: 100 })
    expect(page.items).toEqual([])
    expect(page.cursor).toMatch(/^1:2\d\d\d$/)
    expect((await pagesOf('pending', 100)).flat()).toEqual(['last'])
  })
})
