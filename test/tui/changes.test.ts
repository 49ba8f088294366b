import { describe, expect, it } from 'vitest'
import { NOON, idOf, operationInfo } from './harness/infos.ts'
import { mount } from './harness/mount.ts'
import { troubledWorld } from './harness/world.ts'

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

  it('tells before the answer how many would be changed, and changes none', async () => {
    const top = await inDlq([' ', ' ', 'R'])
    top.world.dead = top.world.dead.slice(1)
    await top.press('d')
    await top.shows('dry run: 1 of 2 would be changed, 1 would be skipped; nothing was')
    expect(await top.settled()).toContain('Replay these 2 tasks?')
    expect(top.world.calls).toEqual([])
  })

  it('replays slowly when asked to, ten in a second', async () => {
    const top = await inDlq([...Array.from({ length: 12 }, () => ' '), 'R', 's', 'y'])
    await top.shows('replaying  10/12')
    await top.shows('replayed 12 tasks')
    expect(top.world.calls.map(([, , ids]) => (ids as string[]).length)).toEqual([10, 2])
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

  it('purges all that was dead when it was asked, by an operation, and takes it back as one', async () => {
    const top = await inDlq(['X'])
    await top.shows('Type  purge 1284  to go on')
    top.world.dead = [{ ...top.world.dead[0]!, id: 'later', finishedAtMs: top.nowMs }, ...top.world.dead]
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('deleted 1284 tasks')
    expect(top.world.dead.map((task) => task.id)).toEqual(['later'])
    expect(top.world.calls).toEqual([['begin', 'high', 'purge', '', undefined]])
    await top.press('U')
    await top.shows('Undo: purge of 1284 tasks from the DLQ of high?')
    await top.press('y')
    await top.shows('1284 tasks are back in the DLQ')
    expect(top.world.calls.at(-1)?.[0]).toBe('undo')
  })

  it('replays a kind of them by an operation, at the rate that was chosen', async () => {
    const top = await inDlq(['b'])
    await top.shows('1283')
    await top.press('R')
    expect(await top.shows('Type  replay 1283  to go on')).toContain('as fast as it goes; s: 200 a second')
    expect(await top.press('s', 's')).toContain('50 a second; s: 10 a second')
    await top.press(...'replay 1283'.split(''), 'Enter')
    await top.shows('replayed 1283 tasks')
    expect(top.world.calls).toEqual([['begin', 'high', 'replay', 'group:aa11', 50]])
    expect(top.world.dead.map((task) => task.id)).toEqual([id(3)])
  })

  it('shows the operations of others, and pauses, resumes and ends the one that is chosen', async () => {
    const world = troubledWorld()
    world.operations = [
      operationInfo({
        filter: 'group:aa11',
        done: 400,
        scanned: 410,
        ratePerSecond: 50,
        state: 'paused',
        createdAtMs: NOON,
      }),
      operationInfo({ id: 'op1', queue: 'low', kind: 'purge', by: 'cron', state: 'paused' }),
    ]
    const top = await mount({ world, columns: 120, rows: 32 })
    for (const key of ['4', '8']) {
      await top.press(key)
      const screen = await top.refresh()
      expect(screen).toMatch(/replay of high {2}group:aa11 .* 400 done, 410 of 1284 seen {2}50\/s {2}PAUSED .*anna@ops/)
      expect(screen).toMatch(/purge of low {2}all .* 0 done, 0 of 1284 seen {2}PAUSED {2}cron/)
    }
    await top.press('C')
    expect(await top.press('j')).toContain('Which is to end?')
    expect(await top.press('Enter')).toContain('End the purge of low? 0 tasks done, and that stays')
    await top.press('y')
    await top.shows('ended: 0 tasks done, the others are as they were')
    expect(await top.press('P')).toContain('Let the replay of high go on? 400 tasks done so far')
    await top.press('y')
    // This console drives it on now, to its end.
    await top.shows('replayed 1683 tasks')
    expect(world.calls).toEqual([
      ['cancel', 'low', 'op1'],
      ['resume', 'high', 'op0'],
    ])
    expect(await top.press('P')).toContain('no bulk operation runs or is paused')
  })

  it('ends a purge that still goes on before it takes back what it purged', async () => {
    const top = await inDlq(['X'])
    await top.press(...'purge 1284'.split(''), 'Enter')
    await top.shows('deleted 1284 tasks')
    top.world.operations[0] = { ...top.world.operations[0]!, state: 'running' }
    await top.press('U', 'y')
    await top.shows('1284 tasks are back in the DLQ')
    expect(top.world.calls.slice(-2)).toEqual([
      ['cancel', 'high', 'op0'],
      ['undo', 'high', { operation: 'op0' }],
    ])
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

  it('a schedule is triggered, stopped, and goes on again', async () => {
    const top = await mount()
    await top.press('6', 'T')
    expect(await top.settled()).toContain('Run heartbeat now? One email.send into default')
    await top.press('y')
    await top.shows(/enqueued heartbeat:t/)
    await top.press('E', 'y')
    await top.shows(/heartbeat .* disabled/)
    await top.press('U', 'y')
    await top.shows(/heartbeat .* 28s/)
    expect(top.world.calls).toEqual([
      ['trigger', 'heartbeat'],
      ['disable', 'heartbeat'],
      ['enable', 'heartbeat'],
    ])
  })

  it('nothing is changed while read-only, and the last row offers nothing of the kind', async () => {
    const top = await mount({ isReadOnly: true })
    expect(await top.press('4')).toContain('READ-ONLY')
    expect(await top.settled()).not.toMatch(/R replay|X purge/)
    expect(await top.press('R')).toContain('read-only: :write allows changes for 10 minutes')
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

  it('goes from section to section by Tab', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('lines 1-19 of')
    expect(await top.press('Tab')).toMatch(/\n─ Task .*\n─ Attempts/)
    expect(await top.press('Tab', 'Tab', 'S-Tab', 'S-Tab')).toContain('lines 1-19 of')
  })

  it('scrolls through what does not fit', async () => {
    const top = await inDlq(['Enter'])
    await top.shows('lines 1-19 of')
    expect(await top.press('G')).toContain('SmtpClient.send')
    expect(await top.press('g', 'j')).toContain('lines 2-20 of')
  })
})
