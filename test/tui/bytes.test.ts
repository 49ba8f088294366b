import { describe, expect, it } from 'vitest'
import { type Mounted, mount } from './harness/mount.ts'
import { calmWorld } from './harness/world.ts'

/** What the terminal is sent meanwhile. */
async function bytesOf(top: Mounted, work: () => Promise<unknown>): Promise<number> {
  await top.settled()
  const before = top.terminal.bytes
  await work()
  await top.settled()
  return top.terminal.bytes - before
}

describe('what is sent over the line', () => {
  it('is nothing when nothing is different', async () => {
    const top = await mount()
    expect(await bytesOf(top, () => top.refresh())).toBe(0)
    expect(await bytesOf(top, () => top.press('Esc'))).toBe(0)
  })

  it.each([
    ['1', 15_000],
    ['2', 8_000],
    ['3', 16_000],
    ['4', 6_000],
  ])('is little in 20 seconds of watching view %s', async (view, budget) => {
    const top = await mount({ columns: 120, rows: 32, world: calmWorld() })
    await top.press(view)
    await top.refresh()
    const bytes = await bytesOf(top, async () => {
      for (let second = 0; second < 20; second++) {
        top.nowMs += 1000
        await top.refresh()
      }
    })
    expect(bytes).toBeLessThan(budget)
  })

  it.each([
    ['a step of the cursor', 'j', 900],
    ['a jump to the end', 'G', 5_500],
    ['another view', '3', 5_500],
  ])('is bounded for %s', async (_what, key, budget) => {
    const top = await mount({ columns: 120, rows: 32 })
    await top.press('4')
    await top.refresh()
    expect(await bytesOf(top, () => top.press(key))).toBeLessThan(budget)
  })
})
