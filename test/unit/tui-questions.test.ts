import { beforeEach, describe, expect, it } from 'vitest'
import type { State } from '../../src/tui/state/state.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { type Driver, drive } from '../tui/harness/driver.ts'
import { NOON } from '../tui/harness/infos.ts'

let top: Driver
beforeEach(async () => {
  top = await drive()
})

const LOST = {
  kind: 'down',
  sinceMs: NOON,
  tries: 1,
  retryAtMs: NOON,
  reason: safeLine('gone'),
  remedy: safeLine(''),
} as const
const JOB = { label: safeLine('replaying'), done: 0, total: 300, skipped: 0, isStopping: false }

describe('a question', () => {
  it('of tier 1 stands in the last row; only y says yes', () => {
    top.press('2', 'P')
    expect(top.plan).toMatchObject({ tier: 1, act: { kind: 'pause', queue: 'default' } })
    top.press('j')
    expect(top.plan).toBeUndefined()
    top.press('P', 'Enter', 'P', 'y')
    expect(top.acts).toEqual([{ kind: 'pause', queue: 'default' }])
  })

  it('is not answered by what was typed ahead', () => {
    top.press('2')
    top.burst('P', 'y')
    expect(top.plan).toBeDefined()
    top.soon('y', 100)
    expect(top.acts).toEqual([])
    top.press('y')
    expect(top.acts).toHaveLength(1)
  })

  it('grows with what it is about', () => {
    top.press('4', 'R')
    expect(top.plan).toMatchObject({ tier: 1, phrase: undefined })
    top.press('n', ' ', ' ', 'R')
    expect(top.plan).toMatchObject({ tier: 2, phrase: undefined })
    top.press('n', 'C-f', 'C-f', 'C-f', 'C-f', 'C-f', 'C-f', 'v', 'R')
    expect(top.plan).toMatchObject({ tier: 3, phrase: expect.stringMatching(/^replay \d\d$/) })
    top.press('Esc', '\\', 'D')
    expect(top.plan).toMatchObject({ tier: 2, phrase: undefined })
    top.press('n', ' ', ' ', 'D')
    expect(top.plan).toMatchObject({ tier: 3, phrase: 'delete 2' })
  })

  it('of tier 2 says no by default', () => {
    top.press('4', ' ', ' ', 'R', 'Enter')
    expect(top.plan).toBeUndefined()
    top.press('R', 'Esc', 'R', 'j', 'y')
    expect(top.acts).toHaveLength(1)
  })

  it('of tier 2 can be tried first, and slowed down, and stands there until it is answered', () => {
    top.press('4', ' ', ' ', 'R', 'd')
    expect(top.effects.at(-1)).toMatchObject({ kind: 'dry-run', plan: { act: { kind: 'replay' } } })
    expect(top.plan).toBeDefined()
    top.press('s')
    expect(top.fact('slow')).toContain('10 a second')
    top.press('s', 's', 'y')
    expect(top.acts).toMatchObject([{ kind: 'replay', perSecond: 10 }])
    top.press('7')
    expect(top.plan).toBeUndefined()
  })

  it('of tier 3 wants its phrase, typed and not pasted', () => {
    top.press('4', ' ', ' ', 'D', 'y', 'Enter')
    expect(top.state.ui.dialog?.typed.text).toBe('')
    top.paste('delete 2')
    expect(top.state.ui.dialog?.typed.text).toBe('')
    top.type('delete 3')
    top.press('Enter')
    expect(top.acts).toEqual([])
    top.type('delete 2')
    top.press('Enter')
    expect(top.acts).toMatchObject([{ kind: 'purge', sets: [{ queue: 'high' }] }])
  })

  it('is not answered while the terminal is too small to show it', () => {
    top.press('2', 'P')
    top.happen({ kind: 'resize', size: { columns: 50, rows: 10 } })
    top.press('y')
    expect(top.acts).toEqual([])
    top.happen({ kind: 'resize', size: { columns: 80, rows: 24 } })
    top.press('y')
    expect(top.acts).toHaveLength(1)
  })

  it('keeps the ids that it was asked for', () => {
    top.press('4', ' ', ' ', 'R')
    const { data } = top.state
    const ids = data.dead.rows.slice(0, 2).map(({ ref }) => ref.id)
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...data, dead: { ...data.dead, rows: [] } } })
    top.press('y')
    expect(top.acts).toEqual([{ kind: 'replay', sets: [{ queue: 'high', ids }] }])
  })

  it('leaves out marks that the filter hides, and says so', async () => {
    top.press('4', ' ', ' ', 'j', ' ', '/')
    top.type('image')
    top.press('Enter')
    await top.read()
    top.press('R')
    expect(top.plan).toMatchObject({ tier: 2, act: { sets: [{ ids: [expect.any(String)] }] } })
    expect(top.fact('note')).toBe('2 marked tasks not shown by the filter: NOT included')
    top.press('n', '\\', 'D')
    expect(top.fact('note')).toBeUndefined()
  })

  it('is never opened by pasted text', () => {
    top.press('4')
    top.paste('XRDy\r')
    expect(top.plan).toBeUndefined()
    expect(top.kinds).toEqual(['refresh'])
    expect(top.flash).toContain('paste')
  })

  it('before a purge waits until everything that is meant was found', () => {
    top.press('4', 'X')
    expect(top.plan).toBeUndefined()
    expect(top.effects.at(-1)).toMatchObject({ kind: 'collect', verb: 'purge', queues: ['high'], filter: '' })
  })
})

describe('a change', () => {
  it('is refused while read-only, disconnected, stale, frozen, or while another runs', () => {
    const { state } = top
    const cases: readonly [Partial<State>, RegExp][] = [
      [{ about: { ...state.about, isReadOnly: true } }, /read-only/],
      [{ data: { ...state.data, link: LOST } }, /not connected/],
      [{ data: { ...state.data, readAtMs: NOON - 11_000 } }, /too old/],
      [{ ui: { ...state.ui, frozen: { data: state.data, atMs: NOON } } }, /frozen/],
      [{ ui: { ...state.ui, job: JOB } }, /one change at a time/],
    ]
    for (const [difference, reason] of cases) {
      top.state = { ...state, ...difference }
      top.press('2', 'P')
      expect(top.flash).toMatch(reason)
      expect(top.plan).toBeUndefined()
    }
  })

  it('is refused at the last moment too', () => {
    top.press('2', 'P')
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...top.state.data, link: LOST } })
    top.press('y')
    expect(top.acts).toEqual([])
    expect(top.flash).toMatch(/not connected/)
  })

  it('is remembered until it is undone', () => {
    const change = { kind: 'pause', queue: 'default', label: safeLine('pause of default') } as const
    const done = { text: safeLine('default is paused'), tone: 'good', change } as const
    top.happen({ kind: 'changed', atMs: top.atMs, result: done })
    expect(top.flash).toBe('default is paused')
    top.press('U')
    expect(top.plan).toMatchObject({ tier: 1, act: { kind: 'undo', change } })
    top.press('y')
    expect(top.acts).toEqual([{ kind: 'undo', change }])
    const undone = { text: safeLine('undone'), tone: 'good', undone: change } as const
    top.happen({ kind: 'changed', atMs: top.atMs, result: undone })
    expect(top.state.ui.changes).toEqual([])
  })

  it('of ours that is missing, undo offers the newest purge of the fullest trash', () => {
    top.press('U')
    expect(top.plan?.act).toMatchObject({ kind: 'undo', change: { kind: 'newest-purge', queue: 'high' } })
  })

  it('that runs is stopped by the first Ctrl-C, and the second quits', () => {
    top.happen({ kind: 'job', job: JOB })
    top.press('C-c')
    expect(top.kinds).toEqual(['stop-job'])
    top.press('C-c')
    expect(top.kinds).toEqual(['stop-job', 'quit'])
  })

  it('that has just ended keeps a late Ctrl-C from quitting', () => {
    top.happen({ kind: 'job', job: JOB })
    top.happen({ kind: 'changed', atMs: top.atMs, result: { text: safeLine('replayed 300 tasks'), tone: 'good' } })
    top.press('C-c')
    expect(top.kinds).toEqual([])
    expect(top.flash).toBe('Ctrl-c again quits; what was done: replayed 300 tasks')
    top.press('C-c')
    expect(top.kinds).toEqual(['quit'])
  })

  it('that ended a while ago, or was left behind by another key, does not', () => {
    const result = { text: safeLine('replayed 300 tasks'), tone: 'good' } as const
    top.happen({ kind: 'changed', atMs: top.atMs, result })
    top.soon('C-c', 6_000)
    expect(top.kinds).toEqual(['quit'])
    top.happen({ kind: 'changed', atMs: top.atMs, result })
    top.press('j', 'C-c')
    expect(top.kinds).toEqual(['quit', 'quit'])
  })

  it('is left by Ctrl-C as by Esc while it is only a question or a line', () => {
    top.press('4', ' ', ' ', 'R')
    expect(top.plan).toBeDefined()
    top.press('C-c')
    expect(top.plan).toBeUndefined()
    for (const key of ['/', ':', 'C-p', 'b', 'y']) {
      top.press(key)
      expect(top.state.ui.prompt).toBeDefined()
      top.press('C-c')
      expect(top.state.ui.prompt).toBeUndefined()
    }
    expect(top.kinds).not.toContain('quit')
    top.press('C-c')
    expect(top.kinds).toContain('quit')
  })

  it('unmarks what it was made of', () => {
    top.press('4', ' ', ' ')
    const [first] = top.state.ui.lists.dlq.marks
    const result = { text: safeLine('replayed 1'), tone: 'good', acted: [first!] } as const
    top.happen({ kind: 'changed', atMs: top.atMs, result })
    expect(top.state.ui.lists.dlq.marks.size).toBe(1)
  })
})
