import { beforeEach, expect, test } from 'vitest'
import { openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
  await q.kill(...tasksNamed('a', 'b'))
})

test('a purged task is dead again, at the time of its death', async () => {
  const before = await q.state()
  q.nowMs += 5_000
  await q.run('purge', { ids: ['a'] })
  expect(await q.changes(() => q.run('undo', { ids: ['a'] }))).toMatchInlineSnapshot(`
    "answer: "=u"
    audit: [purge me 1 op1] → [purge me 1 op1, undo me 1 op1]
    counters: +restored:mail=1
    dead: +a=T+0
    op:c: +5=5 =u
    trash: -a
    trashed: -a"
  `)
  const { dead, tasks, failures, attempts } = await q.state()
  expect({ dead, tasks, failures, attempts }).toEqual({
    dead: before['dead'],
    tasks: before['tasks'],
    failures: before['failures'],
    attempts: before['attempts'],
  })
  await q.expectSound()
})

test('what is not in the trash is left alone, and nothing is written for it', async () => {
  expect(await q.changes(() => q.run('undo', { ids: ['a', 'nobody'] }))).toMatchInlineSnapshot(`
    "answer: "=n"
    op:c: +4=4 =n"
  `)
  await q.run('purge', { ids: ['a'] })
  expect(await q.run('undo', { ids: ['a', 'a', 'b'] })).toBe('unn')
  await q.expectSound()
})

test('what was purged for good does not come back', async () => {
  await q.run('purge', { ids: ['a'], trashMs: 0 })
  expect(await q.run('undo', { ids: ['a'] })).toBe('=n')
})
