import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const rule = (scope: string, text: string): Promise<unknown> => q.run('limit', { items: [scope, text] })
const mails = (ids: readonly string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id)))
const keyed = (...ids: string[]): Promise<unknown> => q.enqueue(...ids.map((id) => aTask(id, { limitKey: id[0]! })))

test('what a start costs does not grow with what waits, under a limit of the queue and one of each key', async () => {
  await rule('q', 'c=2/0')
  await rule('t:mail', 'c=1/1')
  for (const key of ['a', 'b', 'c'])
    for (let n = 0; n < 300; n += 50) await keyed(...Array.from({ length: 50 }, (_, i) => `${key}${n + i}`))
  const held: [string, string][] = []
  const claim = async (): Promise<boolean> => {
    const [word, nonce, , , ids] = (await q.send('claim', {
      call: ++q.call,
      want: 1,
      quotaHigh: 1,
      quotaDefault: 1,
      quotaLow: 1,
    })) as [string, string, string, number, string[]]
    if (word === 'granted') held.push([nonce, ids[0]!])
    return word === 'granted'
  }
  let nothings = 0
  for (let starts = 0; starts < 300; starts++) {
    while (!(await claim())) nothings++
    if (held.length === 1) continue
    const [nonce, id] = held.shift()!
    q.nowMs += 1
    await q.complete({ nonce, ids: [id] })
  }
  expect(nothings).toBeLessThanOrEqual(30)
  await q.expectSound()
})

test('a suspect in the line of a full limit comes first once its worker is empty for it', async () => {
  await rule('t:mail', 'c=1/0')
  await mails(['run', 'suspect', 'next', 'last'])
  await q.claim()
  await q.raw.hset(q.keys.attempts, 'suspect', '2,0,0,2,0,0')
  await q.complete({ nonce: '1-r', ids: ['run'] })
  expect(await q.claimIds({ idle: 0, want: 1 })).toEqual(['next'])
  await q.complete({ nonce: '2-r', ids: ['next'] })
  expect(await q.claimIds({ idle: 1, want: 1 })).toEqual(['suspect'])
  await q.expectSound()
})

test('a task under no limit keeps no turn', async () => {
  await rule('t:mail', 'c=1/0')
  await q.enqueue(aTask('free', { type: 'other' }))
  expect(await q.claimIds()).toEqual(['free'])
  expect(Object.keys(await q.state())).not.toContain('limits:turns')
})

test('a task that comes new goes behind those that wait, also where lines are looked at first', async () => {
  await rule('t:mail', 'c=1/0')
  await mails(['run', 'waits'])
  await q.claim()
  await mails(['new'])
  await q.complete({ nonce: '1-r', ids: ['run'] })
  await q.raw.hset(q.keys.meta, 'alone', `w|${q.nowMs + 60_000}`)
  expect(await q.claimIds({ idle: 1, want: 1 })).toEqual(['waits'])
  await q.expectSound()
})

test('what stands in the line of a limit and is no task is put out of it', async () => {
  await rule('t:mail', 'c=1/0')
  await mails(['run', 'lost'])
  await q.claim()
  await q.raw.hdel(q.keys.tasks, 'lost')
  await q.complete({ nonce: '1-r', ids: ['run'] })
  expect(await q.claimIds()).toEqual([])
  const state = await q.state()
  expect(Object.keys(state)).not.toEqual(expect.arrayContaining(['limits:waiting']))
  expect(state['pending:default']).toBeUndefined()
  expect(state['holders']).toBeUndefined()
})
