import { beforeEach, describe, expect, it } from 'vitest'
import { currentView, topScreen } from '../../src/tui/state/state.ts'
import { type Driver, drive } from '../tui/harness/driver.ts'

let top: Driver
beforeEach(async () => {
  top = await drive()
})

describe('going about', () => {
  it('switches views by number and by Tab, with nothing left underneath', () => {
    top.press('4')
    expect(currentView(top.state.ui)).toBe('dlq')
    top.press('Tab', 'Tab', 'Tab', 'Tab', 'Tab')
    expect(currentView(top.state.ui)).toBe('overview')
    top.press('S-Tab')
    expect(currentView(top.state.ui)).toBe('activity')
    expect(top.state.ui.stack).toHaveLength(1)
  })

  it('goes back by Esc and q from what was opened, and quits only by q from a view', () => {
    top.press('4', 'Enter')
    expect(topScreen(top.state.ui).kind).toBe('task')
    top.press('Esc')
    expect(topScreen(top.state.ui).kind).toBe('view')
    top.press('Esc', 'Esc')
    expect(top.kinds).not.toContain('quit')
    top.press('Enter', 'q')
    expect(top.kinds).not.toContain('quit')
    top.press('q')
    expect(top.kinds).toContain('quit')
  })

  it('moves three rows for three keys in one burst', () => {
    top.press('4')
    top.burst('j', 'j', 'j')
    expect(top.state.ui.lists.dlq.index).toBe(3)
  })

  it('leads from a finding to what it is about', () => {
    top.press('j', 'j', 'j', 'Enter')
    expect(currentView(top.state.ui)).toBe('dlq')
    expect(top.state.ui.deadQueue).toBe('high')
  })

  it('goes from task to task without leaving', () => {
    top.press('4', 'Enter', 'J', 'J', 'K')
    const screen = topScreen(top.state.ui)
    expect(screen).toMatchObject({ kind: 'task', ref: top.state.data.dead.rows[1]?.ref })
    expect(top.state.ui.lists.dlq.index).toBe(1)
  })

  it('keeps its place when data comes', () => {
    top.press('4', 'j', 'j')
    const { key } = top.state.ui.lists.dlq
    const { data } = top.state
    const dead = { ...data.dead, rows: data.dead.rows.slice(1) }
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...data, dead } })
    expect(top.state.ui.lists.dlq).toMatchObject({ key, index: 1 })
  })

  it('holds the screen still while reading goes on', () => {
    top.press('F')
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...top.state.data, queues: [] } })
    expect(top.state.ui.frozen?.data.queues).toHaveLength(3)
    expect(top.state.data.queues).toHaveLength(0)
    top.press('F')
    expect(top.state.ui.frozen).toBeUndefined()
  })

  it('changes the refresh rate in steps', () => {
    top.press('-')
    expect(top.state.ui.intervalMs).toBe(2000)
    top.press('+', '+', '+', '+')
    expect(top.state.ui.intervalMs).toBe(500)
  })

  it('sorts by one column after the other, and then as before', () => {
    top.press('2')
    const seen: (string | undefined)[] = []
    for (let i = 0; i < 12; i++) {
      top.press('o')
      seen.push(top.state.ui.lists.queues.sort?.column)
    }
    expect(seen[0]).toBe('name')
    expect(seen).toContain(undefined)
    expect(new Set(seen).size).toBeGreaterThan(8)
  })
})

describe('a filter', () => {
  it('narrows the list while it is typed, in one burst too, and Esc takes it away', () => {
    top.press('4')
    top.burst('/', 'i', 'm', 'a', 'g', 'e', 'Enter')
    expect(top.state.ui.prompt).toBeUndefined()
    expect(top.state.ui.lists.dlq.filter).toBe('image')
    top.press('Esc')
    expect(top.state.ui.lists.dlq.filter).toBe('')
  })

  it('that is left by Esc is as it was before', () => {
    top.press('4', '/', 'x', 'Enter', '/', 'y', 'Esc')
    expect(top.state.ui.lists.dlq.filter).toBe('x')
  })

  it('takes letters that are keys elsewhere', () => {
    top.press('2', '/', 'q', 'X', ' ', 'R')
    expect(top.state.ui.lists.queues.filter).toBe('qX R')
    expect(top.kinds).not.toContain('quit')
  })

  it('takes pasted text, made one line', () => {
    top.press('2', '/')
    top.paste('smtp\n421 ')
    expect(top.state.ui.lists.queues.filter).toBe('smtp 421')
  })
})

describe('what is said in the last row', () => {
  it('goes away with the next key, or after some seconds', () => {
    top.paste('x')
    expect(top.flash).toBeDefined()
    top.happen({ kind: 'tick', atMs: top.atMs + 4_000 })
    expect(top.flash).toBeDefined()
    top.happen({ kind: 'tick', atMs: top.atMs + 6_000 })
    expect(top.flash).toBeUndefined()
    top.paste('x')
    top.press('j')
    expect(top.flash).toBeUndefined()
  })
})
