import { describe, expect, it } from 'vitest'
import { operationInfo } from './harness/infos.ts'
import { mount } from './harness/mount.ts'
import { calmWorld, emptyWorld, troubledWorld } from './harness/world.ts'

const SIZES = [
  [80, 24],
  [120, 32],
] as const

const VIEWS = [
  ['overview', '1'],
  ['queues', '2'],
  ['leases', '3'],
  ['dlq', '4'],
  ['workers', '5'],
  ['schedules', '6'],
  ['delayed', '7'],
  ['activity', '8'],
] as const

/** Trailing blanks are no part of what is seen. */
const golden = (text: string): string =>
  `${text
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n')}\n`

describe.each(SIZES)('at %ix%i', (columns, rows) => {
  const file = (name: string): string => `goldens/${name}-${columns}x${rows}.txt`

  it.each(VIEWS)('the view %s looks as agreed', async (name, key) => {
    const top = await mount({ columns, rows })
    await top.press(key)
    await top.refresh()
    await expect(golden(await top.settled())).toMatchFileSnapshot(file(name))
  })

  it.each([
    ['operations', ['4']],
    ['operations-which', ['4', 'C']],
  ] as const)('bulk operations stand under the title: %s', async (name, keys) => {
    const world = troubledWorld()
    world.operations = [
      operationInfo({ filter: 'group:aa11', done: 400, scanned: 410, ratePerSecond: 50 }),
      operationInfo({ id: 'op1', queue: 'low', kind: 'purge', by: 'cron', state: 'paused' }),
    ]
    const top = await mount({ columns, rows, world })
    await top.press(keys[0])
    await top.refresh()
    await top.press(...keys.slice(1))
    await expect(golden(await top.settled())).toMatchFileSnapshot(file(name))
  })

  it('Enter on a schedule shows its last runs, and the slots that passed', async () => {
    const top = await mount({ columns, rows })
    await top.press('6', 'Down', 'Enter')
    await top.refresh()
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('runs'))
  })

  it('a dead task shows facts, attempts, payload and error', async () => {
    const top = await mount({ columns, rows })
    await top.press('4')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Payload')
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('task'))
  })

  it('a task shows what it waits for and what waits for it', async () => {
    const world = troubledWorld()
    const relative = (id: string, state: 'completed' | 'dead' | 'blocked') => ({
      id,
      queue: 'mail',
      type: 'email.send',
      state,
      result: undefined,
    })
    world.relations = {
      parents: [relative('parent1', 'completed'), relative('parent2', 'dead')],
      children: [relative('child1', 'blocked')],
    }
    const top = await mount({ columns, rows, world })
    await top.press('4')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Children')
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('task-relatives'))
  })

  it('the help lists the keys of the view first', async () => {
    const top = await mount({ columns, rows })
    await top.press('4', '?')
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('help'))
  })

  it.each([
    ['pending', 0],
    ['delayed', 1],
    ['waiting', 2],
    ['active', 3],
    ['finished', 4],
    ['dead', 5],
  ] as const)('one queue shows its %s tasks', async (name, steps) => {
    const top = await mount({ columns, rows })
    // The finished ones are of another queue.
    await top.press('2', ...(name === 'finished' ? [] : ['j']), 'Enter')
    for (let i = 0; i < steps; i++) await top.press('l')
    await top.refresh()
    await expect(golden(await top.settled())).toMatchFileSnapshot(file(`queue-${name}`))
  })

  it.each([
    ['filter', ['4', '/', 'type:email err~"timeout|421" age<1h']],
    ['filter-wrong', ['4', '/', 'tpye:email']],
    ['groups', ['4', 'b']],
    ['command', ['4', ':', 'queue ']],
    ['palette', ['4', 'C-p', 'mark']],
    ['copy', ['4', 'y']],
    ['export', ['4', ' ', ' ', 'e']],
    ['marks', ['4', ' ', 'j', ' ', 'j', 'j', 'v']],
  ] as const)('what is typed stands in the last rows: %s', async (name, keys) => {
    const top = await mount({ columns, rows })
    await top.press(keys[0])
    await top.refresh()
    await top.press(...keys.slice(1))
    await top.refresh()
    await expect(golden(await top.settled())).toMatchFileSnapshot(file(name))
  })

  it.each([
    ['replay', ['4', ' ', ' ', ' ', 'R']],
    ['delete', ['4', ' ', ' ', 'D']],
    ['purge', ['4', 'X']],
    ['pause', ['2', 'P']],
    ['cancel', ['7', ' ', ' ', 'D']],
    ['replay-all', ['4', '*', 'R']],
    ['enqueue', ['4', ':', 'enqueue email.send {"to": "anna"}\r']],
  ] as const)('the question before a %s names what it does', async (name, keys) => {
    const top = await mount({ columns, rows })
    await top.press(keys[0])
    await top.refresh()
    await top.press(...keys.slice(1))
    await top.shows(/\?|to go on/)
    await expect(golden(await top.settled())).toMatchFileSnapshot(file(`ask-${name}`))
  })

  it('all is well, and says so', async () => {
    const top = await mount({ columns, rows, world: calmWorld() })
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('calm'))
  })

  it.each(VIEWS)('the view %s says what to do when it is empty', async (name, key) => {
    const top = await mount({ columns, rows, world: emptyWorld() })
    await top.press(key)
    const screen = await top.refresh()
    await expect(golden(screen)).toMatchFileSnapshot(file(`empty-${name}`))
  })
})

it.each(VIEWS)('the view %s still says what matters at 60x15', async (name, key) => {
  const top = await mount({ columns: 60, rows: 15 })
  await top.press(key)
  await top.refresh()
  await expect(golden(await top.settled())).toMatchFileSnapshot(`goldens/${name}-60x15.txt`)
})
