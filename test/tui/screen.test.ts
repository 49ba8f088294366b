import { describe, expect, it } from 'vitest'
import { frameOf } from '../../src/tui/app/frame.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { deadTask, queueInfo } from './harness/infos.ts'
import { type Mounted, mount } from './harness/mount.ts'
import { until } from '../helpers/until.ts'
import { troubledWorld } from './harness/world.ts'

/** What the present state looks like when it is drawn on a fresh screen. */
const expected = (top: Mounted): string[] =>
  frameOf(top.console.store.state).lines.map((line) => textOf(line).trimEnd())
const seen = (top: Mounted): string[] => top.terminal.lines().map((line) => line.trimEnd())

const isAsExpected = (top: Mounted): boolean => seen(top).join('\n') === expected(top).join('\n')

describe('the keyboard', () => {
  it('counts each key of a burst, as SSH and tmux send them', async () => {
    const top = await mount()
    await top.press('4')
    await top.refresh()
    await top.press('jjj')
    expect(top.console.store.state.ui.lists.dlq.index).toBe(3)
    await top.press('kG')
    expect(top.console.store.state.ui.lists.dlq.index).toBeGreaterThan(50)
  })

  it('types a filter and its Enter in one burst', async () => {
    const top = await mount()
    await top.press('4')
    await top.refresh()
    await top.press('/image\r')
    expect(await top.shows('1 of 1284 match')).toContain('filter: image')
  })

  it('does not let a burst answer the question that it opens', async () => {
    const top = await mount()
    await top.press('2', 'Py\r')
    expect(await top.settled()).toContain('Pause default?')
    expect(top.world.calls).toEqual([])
  })

  it('tells Esc and the key after it from Alt', async () => {
    const top = await mount()
    await top.press('4', 'Enter', '\x1bj')
    expect(top.console.store.state.ui.stack).toHaveLength(1)
    expect(top.console.store.state.ui.lists.dlq.index).toBe(1)
  })

  it('takes pasted text for no key', async () => {
    const top = await mount()
    await top.press('4', '\x1b[200~XDRPqy\r\x1b[201~')
    expect(await top.settled()).toContain('a paste is ignored here')
    expect(top.world.calls).toEqual([])
    await top.press('/', '\x1b[200~smtp 421\x1b[201~')
    expect(await top.settled()).toContain('/smtp 421_')
  })
})

describe('the screen', () => {
  it('is the alternate one, and the first one is back at the end', async () => {
    const top = await mount()
    expect(top.terminal.isAlternate).toBe(true)
    await top.press('q')
    await top.ended
    await top.terminal.drawn()
    expect(top.terminal.isAlternate).toBe(false)
  })

  it('is drawn anew after a resize, whatever was on it', async () => {
    const top = await mount()
    let seed = 7
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % n
    const keys = ['1', '2', '3', '4', 'j', 'G', 'g', '?', 'Esc']
    for (let i = 0; i < 15; i++) {
      await top.resize(60 + random(80), 15 + random(30))
      await top.press(keys[random(keys.length)]!)
      await top.refresh()
      expect(seen(top)).toEqual(expected(top))
    }
  })

  it('is repaired by Ctrl-l', async () => {
    const top = await mount()
    top.terminal.streams.stdout.write('\x1b[5;1Hgarbage from elsewhere')
    await top.terminal.drawn()
    expect(seen(top)).not.toEqual(expected(top))
    await top.press('C-l')
    expect(await until(() => isAsExpected(top))).toBe(true)
  })

  it('says when it is too small, and comes back', async () => {
    const top = await mount()
    expect(await top.resize(50, 10)).toContain('at least 60x15 is needed')
    expect(await top.resize(60, 15)).toContain('Health')
  })

  it('lends the terminal to the shell and takes it back', async () => {
    const top = await mount()
    await top.press('C-z')
    expect(top.suspensions).toBe(1)
    expect(await until(() => isAsExpected(top))).toBe(true)
    expect(top.terminal.isAlternate).toBe(true)
  })

  it('shows the row under the cursor inverse, also without colours', async () => {
    for (const hasColours of [true, false]) {
      const top = await mount({ hasColours })
      await top.press('2')
      expect(top.terminal.styles(4)).toMatch(/^i+$/)
      const styles = Array.from({ length: 24 }, (_, y) => top.terminal.styles(y)).join('')
      expect(styles.includes('c')).toBe(hasColours)
    }
  })

  it('has only ASCII in it when asked', async () => {
    const top = await mount({ isAscii: true })
    for (const key of ['1', '2', '3', '4']) {
      await top.press(key)
      expect(await top.refresh()).toMatch(/^[\x20-\x7e\n]*$/)
    }
  })
})

describe('hostile data', () => {
  it('reaches the terminal as visible text only', async () => {
    const evil = '\x1b]0;pwned\x07\x1b[2J\x1b[?1049l\x1b[8m\u202e'
    const world = troubledWorld()
    world.queues = [queueInfo(`high${evil}`, { dead: 1 })]
    world.dead = [deadTask(0, { queue: `high${evil}`, id: `id${evil}`, type: `t${evil}`, payload: { [evil]: evil } })]
    const top = await mount({ world, columns: 200, rows: 50 })
    await top.press('4')
    await top.refresh()
    expect(await top.press('Enter')).toContain('\\e]0;pwned\\x07\\e[2J\\e[?1049l\\e[8m\\u202e')
    await top.shows('Payload')
    expect(top.terminal.titles).toEqual([])
    expect(top.terminal.isAlternate).toBe(true)
    expect(seen(top)).toEqual(expected(top))
  })

  it('of any script keeps the columns where they are', async () => {
    const world = troubledWorld()
    const types = ['email.send', '宛先サーバー', '한국어', '👍👍🏽', '🇯🇵', 'e\u0301e\u0301', '👩\u200d💻 x', '⚠\ufe0f']
    world.dead = types.map((type, n) => deadTask(n, { type }))
    world.queues = [queueInfo('high', { dead: types.length })]
    const top = await mount({ world, columns: 120, rows: 32 })
    await top.press('4')
    await top.refresh()
    expect(seen(top)).toEqual(expected(top))
  })

  it('that is wider than anybody counts disturbs no other row', async () => {
    const world = troubledWorld()
    world.dead[1] = deadTask(1, { type: 'नमस्तेस्ते', error: { ...deadTask(1).error!, message: 'स्ते'.repeat(60) } })
    const top = await mount({ world })
    await top.press('4')
    await top.refresh()
    const others = (rows: readonly string[]): string[] => rows.filter((_, y) => y !== 5)
    expect(others(seen(top))).toEqual(others(expected(top)))
  })
})
