import { beforeEach, expect, test } from 'vitest'
import { aTask, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const hasten = (...ids: string[]) => q.run('hasten', { ids })
const later = (id: string, shape = {}) => aTask(id, { when: 'in', timeMs: 60_000, ...shape })

test('a scheduled task goes to the end of the line of its priority, and a worker is woken', async () => {
  await q.enqueue(later('a'), later('h', { priority: 'high' }), later('l', { priority: 'low' }), later('z'))
  await q.enqueue(...tasksNamed('now'))
  await q.raw.del(q.keys.wake)
  expect(await q.changes(() => hasten('a', 'h', 'l'))).toMatchInlineSnapshot(`
    "answer: "=h"
    audit: [] → [run me 3 a]
    op:c: +3=3 =h
    pending:default: [now] → [a, now]
    pending:high: [] → [h]
    pending:low: [] → [l]
    scheduled: -da -hh -ll
    wake: [] → [1]"
  `)
  expect(await q.claimIds()).toEqual(['h', 'now', 'a', 'l'])
  await q.expectSound()
})

test('a task that waits for its next attempt runs now, and what is counted of it goes on', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'a' })
  await q.raw.del(q.keys.wake)
  expect(await q.changes(() => hasten('a'))).toMatchInlineSnapshot(`
    "answer: "=h"
    audit: [] → [run me 1 a]
    op:c: +4=4 =h
    pending:default: [] → [a]
    scheduled: -da
    wake: [] → [1]"
  `)
  await q.claim()
  expect((await q.state())['holders']).toEqual({ a: `2-r|2|d|${q.nowMs + 60_000}` })
  await q.expectSound()
})

test('an entry that is still in line is the place of its id again', async () => {
  await q.enqueue(...tasksNamed('a', 'b'))
  await q.run('cancel', { ids: ['a'] })
  await q.enqueue(later('a'))
  expect(await q.changes(() => hasten('a'))).toMatchInlineSnapshot(`
    "answer: "=h"
    audit: [cancel me 1 a] → [cancel me 1 a, run me 1 a]
    ghosts: -a
    op:c: +4=4 =h
    scheduled: -da"
  `)
  await q.expectSound()
})

test('what waits for no time is left alone, and each id is answered', async () => {
  await q.kill(...tasksNamed('dead', 'purged'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('done', 'active'))
  await q.claim()
  await q.complete({ nonce: '2-r', ids: ['done'], record: '{}' })
  await q.enqueue(...tasksNamed('pending'))
  expect(await q.changes(() => hasten('dead', 'purged', 'done', 'active', 'pending', 'nobody'))).toMatchInlineSnapshot(`
    "answer: "wwwwwn"
    op:c: +9=9 wwwwwn"
  `)
  await q.expectSound()
})

test('an id that nobody knows is not put into line by its entry in the schedule', async () => {
  await q.raw.zadd(q.keys.scheduled, q.nowMs + 60_000, 'dforeign')
  expect(await hasten('foreign')).toBe('=n')
  expect(Object.keys(await q.state())).not.toContain('pending:default')
})

test('one call takes hundreds, answers for each, twice for an id that is given twice, and is one line of the audit', async () => {
  const ids = Array.from({ length: 600 }, (_, i) => `t${i}`)
  await q.broker().enqueue(
    'q',
    ids.map((id) => later(id)),
  )
  const words = await q.broker().hasten('q', ['t0', ...ids, 'nobody'], 'you')
  expect(words).toEqual(['hastened', 'not_waiting', ...ids.slice(1).map(() => 'hastened'), 'not_found'])
  const { audit, 'pending:default': line } = await q.state()
  expect((line as string[]).toReversed()).toEqual(ids)
  expect(audit).toEqual(['run you 249 t0', 'run you 250 t249', 'run you 101 t499'])
  await q.expectSound()
})
