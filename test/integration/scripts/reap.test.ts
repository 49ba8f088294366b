import { beforeEach, describe, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const pending = async (priority = 'default') => (await q.state())[`pending:${priority}`]
const attemptsOf = async (id: string) => ((await q.state())['attempts'] as Record<string, string>)[id]

test('what an expired lease covers stands at the front of its line again, as suspects, in the order it was claimed', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'), aTask('l', { priority: 'low' }))
  await q.claim({ want: 2 })
  q.nowMs += LEASE_MS
  expect(await q.changes(() => q.run('reap'))).toMatchInlineSnapshot(`
    "answer: ["reaped","b","w","reaped","a","w"]
    attempts: +a=1,0,0,1,0,0 +b=1,0,0,1,0,0
    counters: +reclaimed:mail=2
    grants: -1-r -1-r:left
    holders: -a -b
    leases: -1-r
    meta: clock=T+0→T+30000 +hold=0 +swept=T+30000
    pending:default: [c] → [c, b, a]
    reaped: +a=1-r +b=1-r"
  `)
  expect(await q.changes(() => q.run('reap'))).toBe('answer: []')
  await q.expectSound()
})

test('tasks of every priority go back to their own line', async () => {
  await q.enqueue(aTask('h', { priority: 'high' }), aTask('d'), aTask('l', { priority: 'low' }))
  await q.claim()
  q.nowMs += LEASE_MS
  await q.run('reap')
  expect([await pending('high'), await pending(), await pending('low')]).toEqual([['h'], ['d'], ['l']])
})

test('of several grants the one that was claimed first stands in front', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'd', 'e'))
  for (let i = 0; i < 2; i++) {
    await q.claim({ want: 2 })
    q.nowMs += 10
  }
  q.nowMs += LEASE_MS
  await q.run('reap')
  expect(await pending()).toEqual(['e', 'd', 'c', 'b', 'a'])
  await q.expectSound()
})

test('a lease is left alone until it has run out', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += LEASE_MS - 1
  expect(await q.run('reap')).toEqual([])
  q.nowMs += 1
  expect(await q.run('reap')).toEqual(['reaped', 'a', 'w'])
})

test('tasks of the grant that were settled before are left where they are', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'd'))
  await q.claim()
  await q.complete({ nonce: '1-r', ids: ['a'] })
  await q.fail({ nonce: '1-r', id: 'b', delayMs: 999_999 })
  await q.release({ nonce: '1-r', id: 'c' })
  await q.claim({ worker: 'other', want: 1 })
  await q.run('renew', { nonces: ['2-r'], leaseMs: 99_000 })
  q.nowMs += LEASE_MS
  expect(await q.run('reap')).toEqual(['reaped', 'd', 'w'])
  expect(await q.state()).toMatchObject({ holders: { c: `2-r|1|d|${q.nowMs + 30_000}` }, grants: { '2-r:left': '1' } })
  await q.expectSound()
})

test('one call takes back at most 500 tasks, and at least one grant', async () => {
  const ids = Array.from({ length: 700 }, (_, i) => `t${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids))
  for (const want of [250, 240, 210]) await q.claim({ want, timeoutMs: 1 })
  q.nowMs += LEASE_MS
  expect(await q.run('reap')).toHaveLength(490 * 3)
  expect(await q.run('reap')).toHaveLength(210 * 3)
  expect(await q.run('reap')).toEqual([])
  await q.expectSound()
})

test('one call reads no more than a few MiB of tasks, but at least one grant', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  await q.broker().enqueue(
    'q',
    ids.map((id) => aTask(id, { payload: 'x'.repeat(250_000) })),
  )
  for (const want of [1, 2, 3]) await q.claim({ want })
  await q.raw.hset(q.keys.meta, 'maxbytes', 1_500_000)
  q.nowMs += LEASE_MS
  for (const count of [1, 2, 3]) expect(await q.run('reap')).toHaveLength(count * 3)
  await q.expectSound()
})

test('no more suspects stand in front than a claim can look past; the rest goes to the end of the line', async () => {
  const ids = Array.from({ length: 450 }, (_, i) => `t${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids, 'next'))
  for (const id of ids) await q.raw.hset(q.keys.attempts, id, '1,0,0,1,0,0')
  await q.claim({ want: 450 })
  q.nowMs += LEASE_MS
  await q.run('reap')
  const [front, end] = [ids.slice(0, 400), ids.slice(400)]
  expect(await pending()).toEqual([...end.toReversed(), 'next', ...front.toReversed()])
  expect(await q.claimIds({ want: 5 })).toEqual(['next'])
  await q.expectSound()
})

test('a task whose cancel was asked for is cancelled, not run again', async () => {
  await q.enqueue(aTask('a', { own: true }), aTask('b'))
  await q.claim()
  await q.run('cancel', { ids: ['a'] })
  q.nowMs += LEASE_MS
  await q.raw.del(q.keys.wake)
  expect(await q.changes(() => q.run('reap'))).toMatchInlineSnapshot(`
    "answer: ["reaped","b","w","cancelled","a","w"]
    attempts: +b=1,0,0,1,0,0
    cancels: -a
    completed: +a=T+86430000
    counters: +cancelled:mail=1 +reclaimed:mail=1
    grants: -1-r -1-r:left
    holders: -a -b
    leases: -1-r
    meta: clock=T+0→T+30000 +hold=0 +swept=T+30000
    pending:default: [] → [b]
    reaped: +b=1-r
    results: +a={"t":"mail","s":"cancelled","f":T+30000}
    tasks: -a
    tombs: +a=T+86430000#503220
    wake: [] → [1]"
  `)
  await q.expectSound()
})

test('nobody is woken when nothing went back to its line', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.run('cancel', { ids: ['a'] })
  await q.raw.del(q.keys.wake)
  q.nowMs += LEASE_MS
  expect(await q.run('reap')).toEqual(['cancelled', 'a', 'w'])
  expect((await q.state())['wake']).toBeUndefined()
})

describe('a task whose worker dies', () => {
  async function crash(worker: string): Promise<unknown> {
    await q.claim({ idle: 1, worker, want: 5 })
    q.nowMs += LEASE_MS / 2
    expect(await q.run('reap')).toEqual([])
    q.nowMs += LEASE_MS / 2
    return q.run('reap')
  }

  test('together with others is only suspected, however often', async () => {
    await q.enqueue(...tasksNamed('a', 'b'))
    expect(await crash('w1')).toEqual(['reaped', 'b', 'w1', 'reaped', 'a', 'w1'])
    expect(await attemptsOf('a')).toBe('1,0,0,1,0,0')
    await crash('w2')
    expect(await attemptsOf('a')).toBe('2,0,0,2,0,0')
    for (const id of ['a', 'b']) await q.raw.hset(q.keys.attempts, id, '2,0,0,0,0,0')
    await crash('w3')
    expect(await attemptsOf('a')).toBe('3,0,0,1,0,0')
  })

  test('three times while it runs alone is dead as poison, and its neighbours are not charged', async () => {
    const task = aTask('a', { own: true, idempotencyKey: 'k' })
    await q.enqueue(task, aTask('b'))
    for (const worker of ['w0', 'w1']) await crash(worker)
    for (const worker of ['w2', 'w3']) expect(await crash(worker)).toEqual(['reaped', 'a', worker])
    expect([await attemptsOf('a'), await attemptsOf('b')]).toEqual(['4,0,2,4,0,0', '2,0,0,2,0,0'])
    await q.claim({ idle: 1, worker: 'w4' })
    q.nowMs += LEASE_MS / 2
    await q.run('reap')
    q.nowMs += LEASE_MS / 2
    expect(await q.changes(() => q.run('reap'))).toMatchInlineSnapshot(`
      "answer: ["poison","a","w4"]
      attempts: a=4,0,2,4,0,0→5,0,3,0,0,0
      counters: +dead:mail=1 reclaimed:mail=6→7
      dead: +a=T+150000
      failures: +a=d|mail⏎{"f":"0c6a5dbd51","n":5,"at":T+150000,"w":"w4","r":"poison","m":"its worker died three times while running it alone"}
      grants: -5-r -5-r:left
      groups: +0c6a5dbd51=1|T+150000|T+150000|2833333|1,0,0,0,0,0 +0c6a5dbd51:s=mail⏎{"f":"0c6a5dbd51","n":5,"at":T+150000,"w":"w4","r":"poison","m":"its worker died three times while running it alone"}
      holders: -a
      idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: -lives -value
      leases: -5-r
      meta: clock=T+135000→T+150000 swept=T+135000→T+150000
      series: +10s@T+150000=0 0 1 1 +1s@T+150000=0 0 1 1
      tombs: +a=T+86550000#880953"
    `)
    expect(await q.claimIds({ idle: 1 })).toEqual(['b'])
    await q.expectSound()
  })

  test('keeps its retries', async () => {
    await q.enqueue(...tasksNamed('a'))
    await q.claim()
    await q.fail({ nonce: '1-r', id: 'a', delayMs: 0 })
    await q.run('promote')
    await crash('w')
    expect(await attemptsOf('a')).toBe('2,1,0,1,0,0')
  })
})

test('a foreign lease and foreign holds stop nothing', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim()
  await q.raw.hset(q.keys.holders, 'a', '1-r|what')
  await q.raw.zadd(q.keys.leases, 5, 'foreign')
  q.nowMs += LEASE_MS
  expect(await q.run('reap')).toEqual(['reaped', 'b', 'w', 'reaped', 'a', 'w'])
  await q.expectSound()
})
