import { describe, expect, it } from 'vitest'
import { mount } from './harness/mount.ts'
import { calmWorld, emptyWorld } from './harness/world.ts'

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

  it('a dead task shows facts, attempts, payload and error', async () => {
    const top = await mount({ columns, rows })
    await top.press('4')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Payload')
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('task'))
  })

  it('the help lists the keys of the view first', async () => {
    const top = await mount({ columns, rows })
    await top.press('4', '?')
    await expect(golden(await top.settled())).toMatchFileSnapshot(file('help'))
  })

  it.each([
    ['replay', ['4', ' ', ' ', ' ', 'R']],
    ['delete', ['4', ' ', ' ', 'D']],
    ['purge', ['4', 'X']],
    ['pause', ['2', 'P']],
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
