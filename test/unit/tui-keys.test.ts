import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'
import { helpLines } from '../../src/tui/keys/help.ts'
import { hintsFor, sectionsFor } from '../../src/tui/keys/registry.ts'
import { sceneOf } from '../../src/tui/state/scene.ts'
import { type Screen } from '../../src/tui/state/state.ts'
import { VIEW_IDS } from '../../src/tui/state/view-names.ts'
import { widthOfLine } from '../../src/tui/text/line.ts'
import { keyNames } from '../../src/tui/tty/keys.ts'
import { stateOf } from '../tui/harness/data.ts'
import { idOf } from '../tui/harness/infos.ts'
import { troubledWorld } from '../tui/harness/world.ts'

const NONE: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
}

describe('one burst of input', () => {
  it.each([
    ['jjj', {}, ['j', 'j', 'j']],
    ['y\r', {}, ['y', 'Enter']],
    [':q\r', {}, [':', 'q', 'Enter']],
    ['', { return: true }, ['Enter']],
    ['', { escape: true, meta: true }, ['Esc']],
    ['j', { meta: true }, ['Esc', 'j']],
    ['', { upArrow: true }, ['Up']],
    ['z', { ctrl: true }, ['C-z']],
    ['', { tab: true, shift: true }, ['S-Tab']],
    ['a\x03', {}, ['a', 'C-c']],
    ['宛先👍', {}, ['宛', '先', '👍']],
    ['G', { shift: true }, ['G']],
  ])('%j means %j keys', (input, key, names) => {
    expect(keyNames(input, { ...NONE, ...key })).toEqual(names)
  })
})

const SCREENS: readonly Screen[] = [
  ...VIEW_IDS.map((view) => ({ kind: 'view' as const, view })),
  { kind: 'task', ref: { queue: 'high', id: idOf(1) }, scroll: 0 },
  { kind: 'queue', queue: 'high', tab: 'dead' },
  { kind: 'help', scroll: 0 },
]

describe.each(SCREENS)('the keys of $kind $view', (screen) => {
  const scene = async (isReadOnly = false) => {
    const state = await stateOf(troubledWorld(), 80, 24, isReadOnly)
    return sceneOf({ ...state, ui: { ...state.ui, stack: [screen] } })
  }

  it('are each bound once', async () => {
    const keys = sectionsFor(await scene()).flatMap(({ bindings }) => bindings.flatMap((binding) => binding.keys))
    expect(keys).toEqual([...new Set(keys)])
  })

  it('change something only in upper case', async () => {
    const changing = sectionsFor(await scene()).flatMap(({ bindings }) => bindings.filter(({ isChange }) => isChange))
    for (const { keys } of changing) expect(keys.join('')).toMatch(/^[A-Z]+$/)
  })

  it('end the last row with help and back, and fit into it', async () => {
    const hints = hintsFor(await scene())
    expect(hints.filter(({ pinnedFrom }) => pinnedFrom === 0).map(({ keys: [key] }) => key)).toEqual(['?', 'q'])
  })

  it('offer nothing that read-only would refuse', async () => {
    expect(hintsFor(await scene(true)).filter(({ isChange }) => isChange)).toEqual([])
  })

  it('are all explained, each in one row of 80 columns', async () => {
    const from = await scene()
    const help = {
      ...from,
      screen: { kind: 'help' as const, scroll: 0 },
      ui: { ...from.ui, stack: [screen, { kind: 'help' as const, scroll: 0 }] },
      layout: { ...from.layout, bodyRows: 200 },
    }
    const lines = helpLines(help)
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines) expect(widthOfLine(line)).toBeLessThanOrEqual(80)
  })
})
