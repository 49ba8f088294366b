import { beforeEach, describe, expect, test } from 'vitest'
import { failureLine } from '../../src/core/records.ts'
import type { DeadGroup } from '../../src/core/task.ts'
import { aTask, openQueue, type TestQueue } from '../helpers/engine.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { sharedRedis } from '../helpers/redis.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

/** Tasks that die now, each of the message given for it. */
async function die(type: string, deaths: Readonly<Record<string, string>>): Promise<void> {
  const tasks = Object.keys(deaths).map((id) => aTask(id, { type }))
  await q.broker().enqueue('q', tasks)
  const [, nonce] = (await q.claim({ want: tasks.length })) as [string, string]
  const about = { attempt: 1, atMs: q.nowMs, worker: 'w', reason: 'error', stack: undefined }
  const items = Object.entries(deaths).map(([id, message]) => ({
    nonce,
    id,
    type,
    verdict: 'dead' as const,
    delayMs: 0,
    line: failureLine({ ...about, message }, type),
    extras: '',
  }))
  await q.broker().fail('q', items)
}

const groups = async (): Promise<Pick<DeadGroup, 'count' | 'type' | 'message'>[]> =>
  (await q.inspector.deadGroups(['q'])).map(({ count, type, message }) => ({ count, type, message }))

describe('dead tasks by the kind of their failure', () => {
  beforeEach(async () => {
    await die('mail', { a: 'SMTP 421 for a@b.c', b: 'SMTP 425 for d@e.f', c: 'SMTP 421 for g@h.i' })
    await die('mail', { d: 'no route' })
    await die('image', { e: 'SMTP 421 for a@b.c' })
  })

  test('are counted together when they differ only in numbers and addresses, the most first', async () => {
    expect(await groups()).toEqual([
      { count: 3, type: 'mail', message: 'SMTP 421 for a@b.c' },
      { count: 1, type: expect.any(String), message: expect.any(String) },
      { count: 1, type: expect.any(String), message: expect.any(String) },
    ])
    await q.expectSound()
  })

  test('leave their group when they are replayed or purged, and come back with undo', async () => {
    await q.run('replay', { ids: ['a'] })
    await q.run('purge', { ids: ['b', 'd'] })
    expect(await groups()).toEqual([
      { count: 1, type: 'mail', message: 'SMTP 421 for a@b.c' },
      { count: 1, type: 'image', message: 'SMTP 421 for a@b.c' },
    ])
    await q.run('undo', { ids: ['b', 'd'] })
    expect((await groups()).map(({ count }) => count)).toEqual([2, 1, 1])
    await q.run('purge', { ids: ['b'], trashMs: 0 })
    expect((await groups()).map(({ count }) => count)).toEqual([1, 1, 1])
    await q.expectSound()
  })

  test('tell when the first and the last died, and how many in the last hour', async () => {
    const began = q.nowMs
    q.nowMs += 1_200_000
    await die('mail', { f: 'SMTP 421 for x@y.z' })
    const [first] = await q.inspector.deadGroups(['q'])
    expect(first).toMatchObject({ count: 4, firstAtMs: began, lastAtMs: q.nowMs })
    const stored = await q.raw.hget(q.keys.groups, first!.group)
    expect(stored!.split('|').at(-1)).toBe('1,0,3,0,0,0')
  })

  test('are found by their group', async () => {
    const [{ group }] = (await q.inspector.deadGroups(['q'])) as [DeadGroup]
    const { url } = await sharedRedis()
    const place = { url, namespace: q.namespace }
    await q.raw.sadd(`${q.namespace}:{_}:queues`, 'q')
    const found = await dqJson<{ items: { id: string }[] }>(place, ['dlq', 'list', '--filter', `group:${group}`])
    expect(found.items.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c'])
    const table = await dq(place, ['dlq', 'groups'])
    expect(table.out).toMatch(/^GROUP +COUNT +FIRST +LAST +HOUR +QUEUE +TYPE +ERROR\n\w{10} +3 /)
    expect(table.out).toContain('error: SMTP 421 for a@b.c')
  })
})

test('kinds beyond five hundred are one group, and leave it again', async () => {
  const letters = (n: number): string =>
    String.fromCharCode(97 + (n % 26), 97 + (Math.floor(n / 26) % 26), 97 + (n % 7))
  const kinds = Array.from({ length: 520 }, (_, i) => `kind ${letters(i)} ${'x'.repeat(i % 40)}${'y'.repeat(i % 23)}`)
  for (let from = 0; from < 520; from += 260)
    await die('mail', Object.fromEntries(kinds.slice(from, from + 260).map((kind, i) => [`t${from + i}`, kind])))
  const all = await q.inspector.deadGroups(['q'])
  expect(all.length).toBeLessThanOrEqual(501)
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(520)
  await q.broker().purge(
    'q',
    kinds.map((_, i) => `t${i}`),
    'me',
    'op',
    0,
  )
  expect(await q.inspector.deadGroups(['q'])).toEqual([])
  await q.expectSound()
})
