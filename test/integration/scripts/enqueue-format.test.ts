import { expect, it } from 'vitest'
import { FORMAT } from '../../../src/core/format.ts'
import type { ScriptName } from '../../../src/core/scripts.ts'
import type { Args } from '../../helpers/engine-args.ts'
import { encodeItems } from '../../../src/core/encode.ts'
import { aTask, openQueue, type TestQueue } from '../../helpers/engine.ts'

const LATER = FORMAT + 1

/** One task in line, one held, and a dead one, in a queue that a later version has taken over. */
async function aLaterQueue(): Promise<{ q: TestQueue; nonce: string }> {
  const q = await openQueue()
  await q.kill(aTask('dead'))
  await q.enqueue(aTask('held'), aTask('waits'))
  const [, nonce] = (await q.claim({ want: 1 })) as [string, string]
  await q.redis.call('HSET', q.keys.meta, 'format', LATER)
  return { q, nonce }
}

it.each<[ScriptName, Args]>([
  ['enqueue', { call: 9, items: encodeItems([aTask('new')]).items }],
  ['claim', { call: 9, quotaHigh: 1, quotaDefault: 1, quotaLow: 1 }],
  ['promote', {}],
  ['reap', {}],
  ['cancel', { call: 9, ids: ['waits'] }],
  ['purge', { call: 9, ids: ['dead'] }],
  ['sweep', {}],
])('a queue of a later format is left alone by %s', async (name, args) => {
  const { q } = await aLaterQueue()
  const before = await q.state()
  await expect(q.send(name, args)).rejects.toMatchObject({
    code: 'format',
    message: expect.stringMatching(
      new RegExp(`^the queue is of format ${LATER}, and DistributedQ .* knows format`),
    ) as string,
  })
  expect(await q.state()).toEqual(before)
})

it('what is held when the format is raised can still be completed by its nonce', async () => {
  const { q, nonce } = await aLaterQueue()
  expect(await q.complete({ nonce, ids: ['held'] })).toBe('=o')
  await q.expectSound()
})

it('a queue of the present format, or of none yet, is worked with', async () => {
  const q = await openQueue()
  await q.enqueue(aTask('a'))
  await q.redis.call('HSET', q.keys.meta, 'format', FORMAT)
  expect(await q.claimIds()).toEqual(['a'])
})
