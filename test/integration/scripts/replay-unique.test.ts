import { expect, test } from 'vitest'
import { aTask, openQueue } from '../../helpers/engine.ts'

test('a dead task is unique again once it is replayed, for its whole time', async () => {
  const q = await openQueue()
  await q.kill(aTask('a', { unique: 'u' }))
  expect(await q.changes(() => q.run('replay', { ids: ['a'] }))).toMatchInlineSnapshot(`
    "answer: "=r"
    audit: [] → [replay me 1 op1]
    counters: +replayed:mail=1
    dead: -a
    op:c: +4=4 =r
    pending:default: [] → [a]
    uniq:x8RtE1UiqNMTRfLaRAfDYUAIIuA: +lives=600s +value=a"
  `)
  expect(await q.enqueue(aTask('b', { unique: 'u' }))).toBe('=d 0:a')
  await q.expectSound()
})

test('a dead task that another one followed stays dead, as a duplicate of it', async () => {
  const q = await openQueue()
  await q.kill(aTask('a', { unique: 'u', idempotencyKey: 'k' }))
  await q.enqueue(aTask('b', { unique: 'u' }))
  expect(await q.changes(() => q.run('replay', { ids: ['a'] }))).toMatchInlineSnapshot(`
    "answer: "=d 0:b"
    op:c: +5=5 =d 0:b"
  `)
  await q.expectSound()
})

test('of two dead tasks the first that is replayed wins', async () => {
  const q = await openQueue()
  await q.kill(aTask('a', { unique: 'u' }))
  await q.kill(aTask('b', { unique: 'u' }))
  expect(await q.run('replay', { ids: ['b', 'a'] })).toBe('rd 1:b')
  await q.expectSound()
})
