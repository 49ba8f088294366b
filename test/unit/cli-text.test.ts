import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { span, visible, visibleJson } from '../../src/cli/text.ts'

/** Nothing that a terminal obeys, reorders or hides. */
const PLAIN = /^[^\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]*$/u

describe('text from outside', () => {
  it.each([
    ['\x1b[31mred', '\\e[31mred'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['bell\x07 del\x7f', 'bell\\x07 del\\x7f'],
    ['c1 \x9b31m', 'c1 \\x9b31m'],
    ['bidi \u202etxt.exe', 'bidi \\u202etxt.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['lines\u2028\u2029', 'lines\\u2028\\u2029'],
    ['half \ud800 pair', 'half \\ud800 pair'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
    ['nbsp\u00a0', 'nbsp\\xa0'],
  ])('shows %j escaped', (raw, shown) => {
    expect(visible(raw)).toBe(shown)
  })

  it('leaves what people read as it is', () => {
    expect(visible('Grüße, 東京 – naïve 🎉 "x" C:/a')).toBe('Grüße, 東京 – naïve 🎉 "x" C:/a')
  })

  it('has one meaning: a backslash that was there is not an escape', () => {
    expect(visible('\\e')).toBe('\\\\e')
    expect(visible('\x1b')).toBe('\\e')
    expect(visible('\\d+')).toBe('\\d+')
  })

  it('cuts marks that pile up on a letter', () => {
    expect(visible(`e${'\u0301'.repeat(40)}`)).toBe(`e${'\u0301'.repeat(4)}…`)
  })

  it('never reaches a terminal raw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        expect(visible(raw)).toMatch(PLAIN)
      }),
    )
  })

  it('is the same JSON after it was made visible', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const shown = visibleJson(value)
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(shown).toMatch(PLAIN)
      }),
    )
    expect(visibleJson({ a: '\u202e\u{e0041}\x9b' })).toBe('{"a":"\\u202e\\udb40\\udc41\\u009b"}')
  })
})

describe('durations', () => {
  it.each([
    [0, '0ms'],
    [340, '340ms'],
    [12_900, '12s'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [7_500_000, '2h5m'],
    [273_600_000, '3d4h'],
  ])('%d ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text)
  })
})
