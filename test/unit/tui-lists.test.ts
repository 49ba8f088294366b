import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Column, placeColumns } from '../../src/tui/components/table.ts'
import { EMPTY_EDIT, type Edit, editKey, editOf } from '../../src/tui/state/edit.ts'
import { MIN_SIZE, layoutOf } from '../../src/tui/state/layout.ts'
import {
  EMPTY_LIST,
  type ListState,
  cursorAt,
  moveBy,
  moveTo,
  settle,
  toggleMark,
  windowTop,
} from '../../src/tui/state/list.ts'
import { say } from '../../src/tui/text/safe.ts'

const keysOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `k${i}`)

describe('the cursor of a list', () => {
  it('is on the first row until it is moved, whichever row that is', () => {
    expect(cursorAt(settle(EMPTY_LIST, ['a', 'b'], 5), ['new', 'a', 'b'])).toBe(0)
  })

  it('stays with its row when rows come and go above it', () => {
    const list = moveTo(EMPTY_LIST, ['a', 'b', 'c'], 5, 1)
    expect(cursorAt(list, ['x', 'y', 'a', 'b', 'c'])).toBe(3)
    expect(cursorAt(list, ['b', 'c'])).toBe(0)
  })

  it('stays in its place when its row goes away', () => {
    const list = moveTo(EMPTY_LIST, ['a', 'b', 'c', 'd'], 5, 2)
    expect(settle(list, ['a', 'b', 'd'], 5)).toMatchObject({ key: 'd', index: 2 })
    expect(settle(list, ['a'], 5)).toMatchObject({ key: 'a', index: 0 })
    expect(cursorAt(list, [])).toBe(0)
  })

  it('goes back to following the first row at the top', () => {
    expect(moveTo(moveTo(EMPTY_LIST, ['a', 'b'], 5, 1), ['a', 'b'], 5, 0).key).toBeUndefined()
  })

  it('moves the window by most of a page, not row by row', () => {
    const keys = keysOf(100)
    let list: ListState = EMPTY_LIST
    const tops: number[] = []
    for (let i = 0; i < 30; i++) {
      list = moveBy(list, keys, 10, 1)
      tops.push(list.top)
    }
    expect(new Set(tops).size).toBeLessThan(8)
  })

  const place = fc.record({
    top: fc.nat(200),
    index: fc.nat(99),
    height: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 100 }),
  })

  it('is always in sight, and no row is left blank while there are more', () => {
    fc.assert(
      fc.property(place, ({ top, index, height, rows }) => {
        const at = Math.min(index, rows - 1)
        const from = windowTop(top, at, height, rows)
        expect(at).toBeGreaterThanOrEqual(from)
        expect(at).toBeLessThan(from + height)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(from).toBeLessThanOrEqual(Math.max(0, rows - height))
        expect(windowTop(from, at, height, rows)).toBe(from)
      }),
    )
  })

  it('marks rows by their keys', () => {
    const once = toggleMark(EMPTY_LIST, 'a')
    expect([...toggleMark(once, 'b').marks]).toEqual(['a', 'b'])
    expect([...toggleMark(once, 'a').marks]).toEqual([])
  })
})

describe('a typed line', () => {
  const type = (...keys: string[]): Edit => keys.reduce(editKey, EMPTY_EDIT)

  it('takes letters and edits them where the cursor is', () => {
    expect(type('a', 'c', 'Left', 'b')).toEqual({ text: 'abc', at: 2 })
    expect(type('a', 'b', 'Backspace')).toEqual({ text: 'a', at: 1 })
    expect(type('a', 'b', 'Home', 'Delete')).toEqual({ text: 'b', at: 0 })
    expect(editKey(editOf('one two'), 'C-w')).toEqual({ text: 'one ', at: 4 })
    expect(editKey(editOf('one two'), 'C-u')).toEqual({ text: '', at: 0 })
  })

  it('counts letters as people do', () => {
    expect(type('宛', '👍', 'Backspace')).toEqual({ text: '宛', at: 1 })
  })

  it('takes no key names, and nothing that is not printable', () => {
    expect(type('Tab', 'Enter', 'C-z', '\x1b', '\u202e')).toEqual(EMPTY_EDIT)
  })
})

describe('the layout', () => {
  it.each([
    [80, 24, { isTooSmall: false, isLow: false, isNarrow: false, isWide: false, bodyRows: 20 }],
    [120, 32, { isTooSmall: false, isLow: false, isNarrow: false, isWide: true, bodyRows: 28 }],
    [60, 15, { isTooSmall: false, isLow: true, isNarrow: true, isWide: false, bodyRows: 13 }],
    [200, 60, { isTooSmall: false, isLow: false, isNarrow: false, isWide: true, bodyRows: 56 }],
    [40, 10, { isTooSmall: true, isLow: true, isNarrow: true, isWide: false, bodyRows: 8 }],
  ])('of %ix%i', (columns, rows, layout) => {
    expect(layoutOf({ columns, rows })).toEqual(layout)
    expect(MIN_SIZE).toEqual({ columns: 60, rows: 15 })
  })
})

describe('the columns of a list', () => {
  const column = (id: string, given: Partial<Column<null>>): Column<null> => ({
    id,
    title: say`T`,
    min: 5,
    cell: () => say`x`,
    ...given,
  })
  const columns = [
    column('a', { max: 20 }),
    column('b', { spare: 2 }),
    column('c', { spare: 1, wants: 12 }),
    column('d', {}),
  ]
  const ids = (available: number): string[] => placeColumns(columns, available).map(({ column: { id } }) => id)

  it('go in the order in which they can be spared', () => {
    expect(ids(60)).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(29)).toEqual(['a', 'c', 'd'])
    expect(ids(12)).toEqual(['a', 'd'])
  })

  it('fill what is there, and never more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 200 }), (available) => {
        const placed = placeColumns(columns, available)
        const used = placed.reduce((sum, { width }) => sum + width + 1, -1)
        expect(used).toBeLessThanOrEqual(available)
        for (const {
          column: { min },
          width,
        } of placed)
          expect(width).toBeGreaterThanOrEqual(min)
      }),
    )
  })
})
