import { describe, expect, it } from 'vitest'
import { mount } from './harness/mount.ts'

async function inDlq(...keys: string[]) {
  const top = await mount()
  await top.press('4')
  await top.refresh()
  await top.press(...keys)
  return top
}

describe('the backup before a purge', () => {
  it('of more than 50 is made unless it is declined: every task on file before any is purged', async () => {
    const top = await inDlq('X')
    expect(await top.settled()).toContain('each is written to a file first (JSONL); b: no file')
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('deleted 1284 tasks')
    const [[path, tasks] = []] = top.backups
    expect(path).toMatch(/^\/home\/ops\/dq-top-purged-2026-11-21T12\d{4}Z\.jsonl$/)
    expect(new Set(tasks!.map(({ id }) => id))).toEqual(new Set(top.world.trash.map(({ id }) => id)))
    expect(top.console.store.state.ui.log.map(({ text }) => text).join('\n')).toContain(`${path} has all 1284`)
  })

  it('is left out with b, and of a few is only made with b', async () => {
    const top = await inDlq('X', 'b')
    expect(await top.settled()).toContain('none; b: write each to a file first (JSONL)')
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('deleted 1284 tasks')
    expect(top.backups.size).toBe(0)

    const few = await inDlq(' ', ' ', 'D')
    expect(await few.settled()).toContain('none; b: write each')
    await few.press('b', ...'delete 2'.split(''), 'Enter')
    await few.shows('deleted 2 tasks')
    const [tasks] = few.backups.values()
    expect(tasks!.map(({ id }) => id)).toEqual(few.world.trash.map(({ id }) => id))
    expect(tasks!.length).toBe(2)
  })

  it('that cannot be written keeps everything where it is', async () => {
    const top = await inDlq('X')
    top.refusesFiles = true
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('failed: EROFS: read-only file system')
    expect(top.world.calls).toEqual([])
    expect(top.world.dead.length).toBe(1284)
  })

  it('that has another count than was confirmed keeps everything where it is', async () => {
    const top = await inDlq('X')
    top.world.dead.splice(0, 1)
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('the backup has 1283 of 1284')
    expect(top.world.calls).toEqual([])
  })

  it('leaves out what is no longer dead, and so does the purge', async () => {
    const top = await inDlq(' ', ' ', 'D', 'b')
    const [gone] = top.world.dead.splice(0, 1)
    await top.press(...'delete 2'.split(''), 'Enter')
    await top.shows('1 skipped')
    const [tasks] = top.backups.values()
    expect(tasks!.map(({ id }) => id)).not.toContain(gone!.id)
    expect(top.world.calls.map(([verb, , ids]) => [verb, (ids as string[]).length])).toEqual([['purge', 1]])
  })
})

describe('on a Redis marked prod', () => {
  it(':write asks why, and each change made by it carries the reason', async () => {
    const top = await mount({ prod: 'prod-eu' })
    await top.press(...':write'.split(''), 'Enter')
    await top.shows('why? :write reason')
    await top.press(...' INC-42 mail is back'.split(''), 'Enter')
    await top.shows('changes are allowed for 10 minutes: INC-42 mail is back')
    await top.press('2', 'P', 'y')
    await top.shows('is paused')
    expect(top.world.calls).toEqual([
      ['because', 'INC-42 mail is back'],
      ['pause', 'default'],
    ])
    await top.press(...':readonly'.split(''), 'Enter')
    await top.press(...':write'.split(''), 'Enter')
    await top.shows('why? :write reason')
  })
})
