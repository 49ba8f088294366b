import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { mount } from './harness/mount.ts'
import { calmWorld, troubledWorld } from './harness/world.ts'

const REFUSED = new DqError('unavailable', 'cannot reach Redis at prod-eu:6379: connect ECONNREFUSED 10.2.0.4:6379')

describe('a connection that is lost', () => {
  it('leaves the last rows on the screen, dimmed, with their age and the reason', async () => {
    const top = await mount()
    await top.press('2')
    top.world.failure = REFUSED
    top.nowMs += 42_000
    await top.refresh()
    const screen = await top.shows(/DISCONNECTED 00:4[12]/)
    expect(screen).toContain('ECONNREFUSED')
    expect(screen).toContain('Ctrl-r retry')
    expect(screen).toMatch(/low +PAUSED +8012/)
    expect(top.terminal.styles(5)).toMatch(/^[d.]+$/)
    expect(top.terminal.styles(5)).toContain('d')
  })

  it('stops countdowns and rates, and never guesses them', async () => {
    const top = await mount()
    await top.press('3')
    top.world.failure = REFUSED
    top.nowMs += 20_000
    await top.refresh()
    const screen = await top.shows('DISCONNECTED')
    expect(screen).toMatch(/email\.send .* \?$/m)
    expect(screen).not.toMatch(/EXPIRED/)
    await top.press('2')
    expect(await top.settled()).toMatch(/high +running +120 .* - +- +-$/m)
  })

  it('turns changes off, and nothing is left to be done later', async () => {
    const top = await mount()
    top.world.failure = REFUSED
    await top.refresh()
    await top.press('2', 'P')
    expect(await top.settled()).toContain('not connected: nothing can be changed now')
    await top.press('y', '4', 'X', 'R', 'U')
    expect(top.world.calls).toEqual([])
  })

  it('is tried again by itself and at once by Ctrl-r, for ever, and comes back with fresh rates only', async () => {
    const top = await mount()
    await top.press('2')
    top.world.failure = REFUSED
    for (let i = 0; i < 8; i++) await top.refresh()
    await top.shows(/retry 8/)
    top.world.failure = undefined
    await top.press('C-r')
    const first = await top.shows(/^(?!.*DISCONNECTED)/s)
    expect(first).toMatch(/high +running +120 .* - +- +-$/m)
    await top.refresh()
    expect(await top.shows(/high +running +120 .* 510 +498/)).not.toContain('STALE')
  })

  it('that was never there is a screen of its own, until it comes', async () => {
    const world = troubledWorld()
    world.failure = new DqError('credentials', 'Redis at prod-eu:6379 refused the credentials: WRONGPASS')
    const top = await mount({ world })
    const screen = await top.shows('Cannot read from Redis')
    expect(screen).toContain('WRONGPASS')
    expect(screen).toContain('REDIS_PASSWORD')
    expect(screen).toContain('namespace dq')
    await top.press('4', 'j', 'Enter', '?', 'Esc')
    world.failure = undefined
    top.source.up()
    await top.press('1')
    await top.shows('Health')
  })
})

describe('a reading that is old', () => {
  it('is called stale even when nobody said that the connection is lost', async () => {
    const top = await mount({ intervalMs: 1000 })
    top.nowMs += 12_000
    top.console.store.send({ kind: 'tick', atMs: top.nowMs })
    expect(await top.shows('STALE 12s')).toContain('DLQ')
  })
})

describe('a part that is refused', () => {
  it('keeps its last rows and says why; the rest goes on', async () => {
    const top = await mount({ world: calmWorld() })
    await top.press('5')
    top.world.refused.add('workers')
    await top.refresh()
    const screen = await top.shows("! NOPERM no permissions to run 'workers'")
    expect(screen).toContain('wrk-a-01')
    await top.press('2')
    expect(await top.settled()).not.toContain('NOPERM')
  })
})
