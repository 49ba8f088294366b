import { beforeEach, describe, expect, it } from 'vitest'
import { currentView, topScreen } from '../../src/tui/state/state.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { type Driver, drive } from '../tui/harness/driver.ts'

let top: Driver
beforeEach(async () => {
  top = await drive()
})

describe('what was shown before', () => {
  it('comes back with [ and goes forward again with ]', () => {
    top.press('4', 'Enter', '5')
    top.press('[')
    expect(topScreen(top.state.ui).kind).toBe('task')
    top.press('[')
    expect(currentView(top.state.ui)).toBe('dlq')
    top.press('[', '[')
    expect(currentView(top.state.ui)).toBe('overview')
    expect(top.flash).toBe('nothing was shown before')
    top.press(']', ']', ']')
    expect(currentView(top.state.ui)).toBe('workers')
  })

  it('comes and goes with a backtick', () => {
    top.press('4', '5', '`')
    expect(currentView(top.state.ui)).toBe('dlq')
    top.press('`')
    expect(currentView(top.state.ui)).toBe('workers')
  })

  it('is left alone by Tab where a screen has sections', () => {
    top.press('Tab')
    expect(currentView(top.state.ui)).toBe('overview')
    expect(top.state.ui.lists.overview.key).toMatch(/^queue /)
    top.press('Tab')
    expect(top.state.ui.lists.overview.key).toMatch(/^lease /)
    top.press('S-Tab', 'S-Tab', 'S-Tab')
    expect(currentView(top.state.ui)).toBe('activity')
  })
})

describe('problems only', () => {
  it('shows what somebody should look at, and all again', () => {
    top.press('5', '!')
    expect(top.screen()[2]).toContain('problems only')
    expect(top.screen().filter((row) => /wrk-/.test(row)).length).toBeLessThan(8)
    expect(top.screen().join('\n')).not.toContain('wrk-a-01')
    top.press('!')
    expect(top.screen().join('\n')).toContain('wrk-a-01')
  })

  it('says so when there is none', () => {
    top.state = { ...top.state, data: { ...top.state.data, workers: top.state.data.workers.slice(0, 1) } }
    top.press('5', '!')
    expect(top.screen().join('\n')).toContain('none of 1 is a problem')
  })
})

describe('the activity', () => {
  it('has the audit of all queues and what happened here, newest first', async () => {
    top.happen({
      kind: 'changed',
      atMs: top.atMs + 60_000,
      result: { text: safeLine('replayed 3 tasks'), tone: 'good' },
    })
    top.happen({
      kind: 'data',
      atMs: top.atMs,
      data: { ...top.state.data, link: { ...top.state.data.link, kind: 'up' } },
    })
    top.press('8')
    await top.read()
    const rows = top.screen().slice(4, 8)
    expect(rows[0]).toMatch(/result.*this console.*replayed 3 tasks/)
    expect(rows[1]).toMatch(/purge +high +12 .*dq-top:ben@ops/)
    expect(rows[2]).toMatch(/pause +low/)
  })

  it('has the connection, when it was lost and when it came back', () => {
    const { data } = top.state
    const down = {
      kind: 'down',
      sinceMs: 0,
      tries: 1,
      retryAtMs: 0,
      reason: safeLine('refused'),
      remedy: safeLine(''),
    } as const
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...data, link: down } })
    top.happen({ kind: 'data', atMs: top.atMs + 1, data: { ...data, link: { ...down, tries: 2 } } })
    top.happen({ kind: 'data', atMs: top.atMs + 2, data })
    expect(top.state.ui.log.map(({ text }) => text)).toEqual(['lost: refused', 'back again'])
    top.command('log')
    expect(top.screen().join('\n')).toContain('lost: refused')
  })
})

describe('dead tasks by their error', () => {
  it('are counted, the most frequent first, over more than the screen shows', async () => {
    top.press('4')
    await top.read()
    expect(top.state.data.dead.rows).toHaveLength(100)
    top.press('b')
    await top.read()
    const rows = top.screen().filter((row) => row.includes('│'))
    expect(rows[0]).toMatch(/TASKS SHARE TYPE +LAST 1 HOUR ERROR/)
    expect(rows[1]).toMatch(/> +1283 +99% +email\.send +12s +\S{6} +SMTP 421/)
    expect(rows[2]).toMatch(/ 1 +0% +image\.resize/)
    expect(top.screen().join('\n')).toContain('of all 1284')
  })

  it('become the list that is shown with Enter, and are left alone by Esc', async () => {
    top.press('4')
    await top.read()
    top.press('b', 'Esc', 'b')
    await top.read()
    top.press('j', 'Enter')
    await top.read()
    expect(top.state.ui.lists.dlq.filter).toBe('group:bb22')
    expect(top.screen()[2]).toContain('1 of 1284 match')
  })

  it('are counted over all queues, and the same kind in two of them is one', async () => {
    top.world.dead = top.world.dead.map((task, n) => ({ ...task, queue: n % 4 === 0 ? 'low' : 'high' }))
    top.press('4', 'b')
    await top.read()
    expect(top.screen().filter((row) => row.includes('│'))[1]).toMatch(/> +1283 .*email\.send/)
    top.press('X')
    expect(top.effects.at(-1)).toMatchObject({
      kind: 'collect',
      verb: 'purge',
      filter: 'group:aa11',
      queues: ['low', 'high'],
    })
    expect(top.state.ui.prompt).toBeUndefined()
  })

  it('that are no longer told apart cannot be chosen as one kind', async () => {
    top.world.dead = top.world.dead.map((task) => ({ ...task, error: { ...task.error!, group: 'other' } }))
    top.press('4', 'b')
    await top.read()
    for (const key of ['Enter', 'R']) {
      top.press(key)
      expect(top.flash).toBe('these are of many kinds: no filter finds them all')
    }
    expect(top.effects.filter(({ kind }) => kind === 'collect')).toEqual([])
  })

  it('are left alone by R and X while nothing may be changed', async () => {
    top.state = { ...top.state, about: { ...top.state.about, isReadOnly: true } }
    top.press('4', 'b')
    await top.read()
    top.press('R')
    expect(top.flash).toContain('read-only')
    expect(top.effects.filter(({ kind }) => kind === 'collect')).toEqual([])
  })
})
