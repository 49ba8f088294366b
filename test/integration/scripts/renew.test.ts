import { beforeEach, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

test('a renewal moves the expiry of the leases it names, and nothing else, however often it is called', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.claim({ want: 1 })
  await q.claim({ want: 1 })
  await q.claim({ want: 1 })
  q.nowMs += 10_000
  const renew = () => q.run('renew', { nonces: ['1-r', '3-r'] })
  expect(await q.changes(renew)).toMatchInlineSnapshot(`
    "answer: ["ok","ok"]
    leases: 1-r=T+30000→T+40000 3-r=T+30000→T+40000
    meta: clock=T+0→T+10000"
  `)
  expect(await q.changes(renew)).toBe('answer: ["ok","ok"]')
  await q.expectSound()
})

test('a lease that has run out but was not reaped lives on', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += 2 * LEASE_MS
  expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok'])
  expect(await q.run('reap')).toEqual([])
  await q.expectSound()
})

test('a lease that was reaped, or that ended, is lost and does not come back', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.claim({ want: 1 })
  await q.claim({ want: 1 })
  await q.complete({ nonce: '2-r', ids: ['b'] })
  q.nowMs += LEASE_MS
  await q.run('reap')
  expect(await q.changes(() => q.run('renew', { nonces: ['1-r', '2-r', '9-x'] }))).toBe(
    'answer: ["lost","lost","lost"]',
  )
})

test('a renewal tells of tasks to be cancelled and of tasks past deadline and grace, while they are held', async () => {
  await q.enqueue(aTask('a'), aTask('b', { timeoutMs: 10_000 }), aTask('c'), aTask('d', { timeoutMs: 10_000 }))
  await q.claim()
  await q.run('cancel', { ids: ['a', 'b'] })
  q.nowMs += 10_000
  expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok c:a c:b'])
  q.nowMs += 5_000
  expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok c:a o:b o:d'])
  await q.complete({ nonce: '1-r', ids: ['a', 'd'] })
  expect(await q.run('renew', { nonces: ['1-r'] })).toEqual(['ok o:b'])
  expect(await q.broker().renew('q', ['1-r', 'x'], LEASE_MS)).toEqual([
    { nonce: '1-r', lost: false, cancelled: [], overdue: ['b'] },
    { nonce: 'x', lost: true, cancelled: [], overdue: [] },
  ])
})

test('a task that another grant of the same worker holds by now is not spoken of', async () => {
  await q.enqueue(aTask('a', { timeoutMs: 1 }))
  await q.claim()
  await q.release({ nonce: '1-r', id: 'a' })
  await q.enqueue(...tasksNamed('b'))
  await q.claim({ want: 1 })
  await q.claim({ want: 1 })
  q.nowMs += 10_000
  expect(await q.run('renew', { nonces: ['2-r', '3-r'] })).toEqual(['ok o:a', 'ok'])
})

test('more grants than one call takes are renewed in several', async () => {
  const ids = Array.from({ length: 130 }, (_, i) => `t${i}`)
  await q.broker().enqueue('q', tasksNamed(...ids))
  const nonces: string[] = []
  const claims = q.broker()
  for (const _ of ids) {
    const quotas = { high: 1, default: 1, low: 1 }
    const reply = await claims.claim('q', {
      worker: 'w',
      want: 1,
      quotas,
      leaseMs: 1_000,
      timeoutMs: 1,
      idle: false,
      timeouts: {},
    })
    if (reply.word === 'granted') nonces.push(reply.nonce)
  }
  const renewals = await q.broker().renew('q', nonces, LEASE_MS)
  expect(renewals.map(({ nonce, lost }) => (lost ? 'lost' : nonce))).toEqual(nonces)
  expect(Object.values((await q.state())['leases']!)).toEqual(nonces.map(() => q.nowMs + LEASE_MS))
})
