import { beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/tui/keys/commands.ts'
import { candidates, completed } from '../../src/tui/keys/completion.ts'
import { paletteFor } from '../../src/tui/keys/palette.ts'
import { sceneOf } from '../../src/tui/state/scene.ts'
import { currentView, topScreen } from '../../src/tui/state/state.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { type Driver, drive } from '../tui/harness/driver.ts'

let top: Driver
beforeEach(async () => {
  top = await drive()
})

describe('a command', () => {
  it('opens views, with what matches, and one queue', () => {
    top.command('workers')
    expect(currentView(top.state.ui)).toBe('workers')
    top.command('dlq type:email age<1h')
    expect(top.state.ui.lists.dlq.filter).toBe('type:email age<1h')
    top.command('queue high')
    expect(topScreen(top.state.ui)).toEqual({ kind: 'queue', queue: 'high', tab: 'pending' })
  })

  it('that changes something asks as its key does', () => {
    top.command('pause default')
    expect(top.plan).toMatchObject({ tier: 1, act: { kind: 'pause', queue: 'default' } })
    top.press('y')
    top.command('quiet wrk-a-01')
    expect(top.plan).toMatchObject({ act: { kind: 'quiet', worker: 'wrk-a-01', on: true } })
  })

  it('enqueues a task, after it was asked', () => {
    top.command('enqueue email.send queue=low {"to": "anna"}')
    expect(top.plan).toMatchObject({ tier: 2 })
    top.press('y')
    expect(top.acts).toEqual([{ kind: 'enqueue', type: 'email.send', payload: { to: 'anna' }, queue: 'low' }])
  })

  it.each([
    ['dqlq', 'there is no command dqlq; did you mean dlq?'],
    ['queue hihg', 'there is no queue hihg; did you mean high?'],
    ['pause', 'which queue? Tab shows them'],
    ['pause low', 'low is paused already'],
    ['dlq tpye:x', "filter word 'tpye:x' names no field"],
    ['enqueue email.send {"to"', 'the payload is no JSON'],
    ['overview x', 'Overview has no filter'],
  ])('%s stays there to be mended: %s', (text, problem) => {
    top.command(text)
    expect(top.screen()[23]).toContain(problem)
    expect(top.state.ui.prompt).toMatchObject({ kind: 'command', edit: { text } })
    expect(top.plan).toBeUndefined()
  })

  it('is completed by Tab as far as it is certain', () => {
    const scene = sceneOf(top.state)
    expect(completed(scene, 'work')).toBe('workers ')
    expect(completed(scene, 'qu')).toBe('qu')
    expect(candidates(scene, 'que')).toEqual(['queues', 'queue'])
    expect(completed(scene, 'queue h')).toBe('queue high ')
    expect(completed(scene, 'enqueue im')).toBe('enqueue image.resize ')
    expect(completed(scene, 'dlq ty')).toBe('dlq type:')
    expect(completed(scene, 'nothing x')).toBe('nothing x')
  })

  it('of before comes back with Up; Esc and Backspace leave the line', () => {
    top.command('workers')
    top.command('leases')
    top.press(':', 'Up', 'Up')
    expect(top.state.ui.prompt).toMatchObject({ edit: { text: 'workers' } })
    top.press('Esc', ':', 'x', 'Backspace', 'Backspace')
    expect(top.state.ui.prompt).toBeUndefined()
  })

  it('q quits', () => {
    top.command('q')
    expect(top.kinds).toContain('quit')
  })
})

describe('the palette', () => {
  it('has every command, and every key of the screen that does one thing', () => {
    top.press('4')
    const keys = paletteFor(sceneOf(top.state), '').map((entry) => entry.keys)
    for (const { name } of COMMANDS) expect(keys.some((key) => key.startsWith(`:${name}`))).toBe(true)
    expect(keys).toEqual(expect.arrayContaining(['R', 'X', 'F']))
  })

  it('finds by a few letters and does what Enter is pressed on', () => {
    top.press('4', 'C-p')
    top.type('replay')
    expect(top.screen().join('\n')).toMatch(/> R +\* replay: run the marked tasks/)
    top.press('Enter')
    expect(top.plan).toMatchObject({ act: { kind: 'replay' } })
  })

  it('leads to the command line where more has to be said', () => {
    top.press('C-p')
    top.type('stop a queue')
    top.press('Enter')
    expect(top.state.ui.prompt).toMatchObject({ kind: 'command', edit: { text: 'pause ' } })
  })

  it('goes away with Esc and does nothing', () => {
    top.press('C-p', 'Down', 'Esc')
    expect(top.state.ui.prompt).toBeUndefined()
    expect(top.effects).toEqual([])
  })
})

describe('a console that began read-only', () => {
  const down = {
    kind: 'down',
    sinceMs: 0,
    tries: 1,
    retryAtMs: 0,
    reason: safeLine('gone'),
    remedy: safeLine(''),
  } as const

  beforeEach(async () => {
    top = await drive(true)
  })

  it('changes something only after :write, for 10 minutes, with the time that is left in the header', () => {
    top.press('2', 'P')
    expect(top.flash).toContain('read-only')
    expect(top.screen()[0]).toContain('READ-ONLY')
    top.command('pause default')
    expect(top.plan).toBeUndefined()
    top.command('write')
    expect(top.screen()[0]).toContain('WRITE 10:00')
    top.press('P')
    expect(top.plan).toBeDefined()
  })

  it('is read-only again after that time, or sooner when no key is pressed', () => {
    top.command('write')
    top.atMs += 280_000
    top.press('j')
    expect(top.state.ui.armed).toBeDefined()
    top.atMs += 280_000
    top.press('j')
    expect(top.state.ui.armed).toBeDefined()
    top.atMs += 40_000
    top.press('2', 'P')
    expect(top.flash).toContain('read-only')
  })

  it('is read-only again when the connection was lost, or on request', () => {
    top.command('write')
    top.happen({ kind: 'data', atMs: top.atMs, data: { ...top.state.data, link: down } })
    expect(top.state.ui.armed).toBeUndefined()
    top.command('write')
    top.command('readonly')
    expect(top.state.ui.armed).toBeUndefined()
  })

  it('wants its name too before very many tasks on a prod one', () => {
    const context = { name: safeLine('prod-eu'), isProd: true }
    top.state = { ...top.state, about: { ...top.state.about, isReadOnly: false, context } }
    const row = top.state.data.dead.rows[0]!
    const rows = Array.from({ length: 1_001 }, () => row)
    top.state = { ...top.state, data: { ...top.state.data, dead: { ...top.state.data.dead, rows } } }
    expect(top.screen()[0]).toContain('prod-eu')
    top.press('4')
    top.state = {
      ...top.state,
      ui: {
        ...top.state.ui,
        lists: { ...top.state.ui.lists, dlq: { ...top.state.ui.lists.dlq, marks: new Set([row.key]) } },
      },
    }
    top.press('R')
    expect(top.plan?.phrase).toBe('replay 1001 prod-eu')
  })
})
