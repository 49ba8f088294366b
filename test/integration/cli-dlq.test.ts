import { describe, expect, it } from 'vitest'
import { dq, dqJson } from '../helpers/cli.ts'
import { deadOf, graveyard, handlers } from '../helpers/graveyard.ts'
import { workbench } from '../helpers/workbench.ts'

describe('dq dlq list', () => {
  it('shows dead tasks that match, newest first', async () => {
    const bench = await graveyard(3)
    const all = await dqJson<{ items: { id: string; error: { message: string } }[] }>(bench, ['dlq', 'list'])
    expect(all.items).toHaveLength(6)
    const mails = await dqJson<{ items: { id: string }[] }>(bench, [
      'dlq',
      'list',
      '--error',
      'smtp TIME',
      '--after',
      '1h',
    ])
    expect(mails.items.map(({ id }) => id).toSorted()).toEqual(['mail0', 'mail1', 'mail2'])
    expect((await dq(bench, ['dlq', 'list', '--before', '1h'])).err).toBe('none of 6 dead tasks matches')
    expect((await dq(bench, ['dlq', 'list', '--type', 'image', '--limit', '1'])).out).toMatch(
      /^ID .* ERROR\nimage\d .*discarded: no image$/,
    )
  })
})

describe('dq dlq replay', () => {
  it('replays by id without asking, and ends with 1 for what is not dead', async () => {
    const bench = await graveyard(2)
    expect(await dq(bench, ['dlq', 'replay', 'mail0', 'image1'])).toEqual({
      code: 0,
      out: 'replayed 2 tasks in mails, images',
      err: '',
    })
    expect((await bench.client.getTask('mail0'))?.state).toBe('pending')
    const again = await dq(bench, ['dlq', 'replay', 'mail0', 'mail1', 'nope'])
    expect(again).toEqual({ code: 1, out: 'replayed 1 task in mails', err: 'skipped 2 tasks: not dead, or not known' })
    expect((await dq(bench, ['dlq', 'replay', 'nope'])).code).toBe(1)
  })

  it('replays what matches a filter, more than a batch of it, and nothing else', async () => {
    const bench = await graveyard(230)
    const filter = ['dlq', 'replay', '--type', 'mail']
    expect(await dqJson(bench, [...filter, '--dry-run'])).toEqual({
      operation: null,
      dry_run: true,
      scanned: 460,
      matched: 230,
    })
    expect(await dqJson(bench, [...filter, '--yes'])).toMatchObject({
      dry_run: false,
      matched: 230,
      replayed: 230,
      skipped: 0,
      duplicates: [],
    })
    expect(await deadOf(bench)).toEqual({ mails: 0, images: 230 })
  })

  it('says how many give way to a living task with the same key', async () => {
    const bench = await workbench()
    const worker = await bench.work(handlers)
    await bench.client.enqueue('mail', 1, { id: 'first', idempotencyKey: 'k' })
    await bench.untilState('first', 'dead')
    await worker.stop()
    await bench.client.enqueue('mail', 1, { id: 'second', idempotencyKey: 'k' })
    const { code, out, err } = await dq(bench, ['dlq', 'replay', 'first'])
    expect([code, out]).toEqual([1, 'replayed 0 tasks in default'])
    expect(err).toBe('first stays dead: second with the same idempotency key lives or succeeded')
  })
})

describe('dq dlq purge and undo', () => {
  it('purge in batches as one operation, which undo takes back', async () => {
    const bench = await graveyard(130)
    const { operation, purged } = await dqJson<{ operation: string; purged: number }>(bench, [
      'dlq',
      'purge',
      '--all',
      '--yes',
    ])
    expect(purged).toBe(260)
    expect(await deadOf(bench)).toEqual({ mails: 0, images: 0 })
    expect((await dq(bench, ['dlq', 'undo'])).code).toBe(2)
    expect(await dq(bench, ['dlq', 'undo', '--operation', operation])).toEqual({
      code: 0,
      out: 'took back 260 tasks',
      err: '',
    })
    expect(await deadOf(bench)).toEqual({ mails: 130, images: 130 })
    expect((await dq(bench, ['dlq', 'undo', '--operation', operation])).code).toBe(1)
  })

  it('take single tasks away and back', async () => {
    const bench = await graveyard(2)
    const { code, out, err } = await dq(bench, ['dlq', 'purge', 'mail1', '--yes'])
    expect([code, out]).toEqual([0, 'purged 1 task in mails'])
    expect(err).toMatch(/^to take it back within 15 minutes: dq dlq undo --operation \w+$/)
    expect(await dq(bench, ['dlq', 'undo', 'mail1', 'mail0'])).toEqual({
      code: 1,
      out: 'took back 1 task',
      err: 'mail0 is not in the trash',
    })
    await dq(bench, ['dlq', 'purge', 'mail0', '--yes', '--queue', 'mails'])
    expect(await dq(bench, ['dlq', 'undo', '--queue', 'mails'])).toMatchObject({ code: 0, out: 'took back 1 task' })
  })

  it('leave nothing to take back with --now', async () => {
    const bench = await graveyard(2)
    expect(await dq(bench, ['dlq', 'purge', '--type', 'image', '--now', '--yes'])).toEqual({
      code: 0,
      out: 'purged 2 tasks in images',
      err: '',
    })
    expect((await dq(bench, ['dlq', 'undo', 'image0'])).code).toBe(1)
    expect(await bench.client.getTask('image0')).toBeUndefined()
  })
})

const REFUSED: readonly (readonly [args: string[], message: string])[] = [
  [['purge', 'mail0'], 'there is no terminal to confirm this on; add --yes'],
  [['purge', '--all'], 'there is no terminal to confirm this on; add --yes'],
  [['replay', '--all'], 'there is no terminal to confirm this on; add --yes'],
  [['replay'], 'say which dead tasks'],
  [['purge', '--yes'], 'say which dead tasks'],
  [['purge', '--queue', 'mails', '--yes'], 'say which dead tasks'],
  [['purge', 'mail0', '--type', 'mail', '--yes'], 'give ids, or a filter or --all, not both'],
  [['purge', '--before', 'yesterday', '--yes'], "--before 'yesterday' is no time"],
]

describe('what changes many tasks', () => {
  it('is refused, and nothing is done, unless it is said which tasks, and confirmed', async () => {
    const bench = await graveyard(1)
    for (const [args, message] of REFUSED) {
      const { code, err } = await dq(bench, ['dlq', ...args])
      expect([args, code, err]).toEqual([args, 2, expect.stringContaining(`dq: ${message}`)])
    }
    expect(await deadOf(bench)).toEqual({ mails: 1, images: 1 })
  })

  it('asks on a terminal, where everything but yes is no', async () => {
    const bench = await graveyard(2)
    const purge = ['dlq', 'purge', '--type', 'mail']
    for (const input of ['\n', 'no\n', 'yep\n']) {
      const { code, err } = await dq(bench, purge, { columns: 100, input })
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/Purge 2 dead tasks in mails\? \[y\/N\] [^]*nothing was done$/),
      ])
    }
    expect(await deadOf(bench)).toEqual({ mails: 2, images: 2 })
    expect(await dq(bench, purge, { columns: 100, input: 'y\n' })).toMatchObject({
      code: 0,
      out: 'purged 2 tasks in mails',
    })
    expect(await deadOf(bench)).toEqual({ mails: 0, images: 2 })
  })
})
