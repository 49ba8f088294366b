import { describe, expect, it } from 'vitest'
import { idOf } from './harness/infos.ts'
import { mount } from './harness/mount.ts'

const id = (n: number): string => idOf(5000 - n)

async function inDlq(keys: readonly string[] = []) {
  const top = await mount()
  await top.press('4')
  await top.refresh()
  await top.press(...keys)
  return top
}

describe('the DLQ', () => {
  it('replays the task under the cursor', async () => {
    const top = await inDlq(['j', 'R', 'y'])
    await top.shows('replayed 1 task')
    expect(top.world.calls).toEqual([['replay', 'high', [id(1)]]])
    await top.shows('DLQ  1283')
  })

  it('replays what is marked, and unmarks it', async () => {
    const top = await inDlq([' ', ' ', ' ', 'R', 'y'])
    await top.shows('replayed 3 tasks')
    expect(top.world.calls).toEqual([['replay', 'high', [id(0), id(1), id(2)]]])
    expect(await top.settled()).not.toContain('marked')
  })

  it('says what was skipped because it was no longer dead', async () => {
    const top = await inDlq([' ', ' ', 'R'])
    top.world.dead = top.world.dead.slice(1)
    await top.press('y')
    expect(await top.shows('skipped')).toContain('replayed 1 task · 1 skipped: no longer dead')
  })

  it('deletes into the trash and takes it back', async () => {
    const top = await inDlq([' ', ' ', 'D'])
    await top.press(...'delete 2'.split(''), 'Enter')
    await top.shows('deleted 2 tasks')
    await top.shows('DLQ  1282')
    await top.press('U')
    await top.shows('Undo: delete of 2 tasks from the DLQ of high?')
    await top.press('y')
    await top.shows('2 tasks are back in the DLQ')
    expect(await top.shows('DLQ  1284')).not.toContain('marked')
  })

  it('purges all that was dead when it was asked, in batches, and takes it back as one', async () => {
    const top = await inDlq(['X'])
    await top.shows('Type  purge 1284  to go on')
    top.world.dead = [{ ...top.world.dead[0]!, id: 'later', finishedAtMs: top.nowMs }, ...top.world.dead]
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('deleted 1284 tasks')
    expect(top.world.dead.map((task) => task.id)).toEqual(['later'])
    const purges = top.world.calls.filter(([verb]) => verb === 'purge')
    expect(purges).toHaveLength(13)
    await top.press('U', 'y')
    await top.shows('1284 tasks are back in the DLQ')
    expect(top.world.calls.at(-1)?.[0]).toBe('undo')
  })

  it('purges only what matches the filter', async () => {
    const top = await inDlq(['/', ...'image'.split(''), 'Enter', 'X'])
    expect(await top.shows('Type  purge 1  to go on')).toContain('filter  image')
    await top.press(...'purge 1'.split(''), 'Enter')
    await top.shows('deleted 1 task')
    expect(top.world.calls).toEqual([['purge', 'high', [id(3)]]])
  })

  it('leaves everything as it is when the answer is no', async () => {
    const top = await inDlq([' ', ' ', 'R', 'Enter', 'D', 'Esc', 'X'])
    await top.shows('to go on')
    await top.press('y', 'Enter', 'Esc')
    expect(top.world.calls).toEqual([])
  })

  it('reads on as the cursor goes down', async () => {
    const top = await inDlq(['G'])
    const first = top.console.store.state.data.dead.rows.length
    await top.refresh()
    await top.press('G')
    await top.refresh()
    expect(top.console.store.state.data.dead.rows.length).toBeGreaterThan(first)
  })
})

describe('queues and workers', () => {
  it('a queue is paused and resumed, and that is undone', async () => {
    const top = await mount()
    await top.press('2', 'P', 'y')
    await top.shows(/default +PAUSED/)
    await top.press('U', 'y')
    await top.shows(/default +running/)
    expect(top.world.calls).toEqual([
      ['pause', 'default'],
      ['resume', 'default'],
    ])
  })

  it('a worker is told to take no new tasks', async () => {
    const top = await mount()
    await top.press('5', 'W', 'y')
    await top.shows(/wrk-a-01 +quiet/)
    expect(top.world.calls).toEqual([['quiet', 'wrk-a-01', true]])
  })

  it('nothing is changed while read-only, and the last row offers nothing of the kind', async () => {
    const top = await mount({ isReadOnly: true })
    expect(await top.press('4')).toContain('READ-ONLY')
    expect(await top.settled()).not.toMatch(/R replay|X purge/)
    expect(await top.press('R')).toContain('read-only: start dq-top without --read-only')
    await top.press('X', 'D', 'y', '2', 'P', 'y')
    expect(top.world.calls).toEqual([])
  })
})

describe('the inspector', () => {
  it('opens from every list of tasks and follows the task', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('dead  attempt 5 of 5')
    top.world.dead = top.world.dead.slice(1)
    await top.refresh()
    expect(await top.shows('GONE')).toContain('müller@example.com')
    await top.press('J')
    await top.shows(id(1))
    await top.press('Esc', '3', 'Enter')
    await top.shows('nowhere any more')
  })

  it('replays the task it shows', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('Payload')
    await top.press('R', 'y')
    await top.shows('replayed 1 task')
    expect(top.world.calls).toEqual([['replay', 'high', [id(0)]]])
  })

  it('scrolls through what does not fit', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('lines 1-19 of')
    expect(await top.press('G')).toContain('SmtpClient.send')
    expect(await top.press('g', 'j')).toContain('lines 2-20 of')
  })
})
