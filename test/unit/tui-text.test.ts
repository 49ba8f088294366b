import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { toAscii } from '../../src/tui/text/ascii.ts'
import { cutTo, fit, headOf, tailOf, wrap, wrapWords } from '../../src/tui/text/fit.ts'
import { bytes, clock, count, duration, instant, latency, moment, plural, rate } from '../../src/tui/text/format.ts'
import { prettyJson } from '../../src/tui/text/json.ts'
import { clip, ends, line, sameLine, span, textOf, underCursor, widthOfLine } from '../../src/tui/text/line.ts'
import { safeLine, say } from '../../src/tui/text/safe.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((raw) => safeLine(raw))
const columns = fc.integer({ min: 0, max: 80 })

describe('cells', () => {
  it('are exactly as wide as asked, whatever the text', () => {
    fc.assert(
      fc.property(
        text,
        columns,
        fc.constantFrom('left', 'right'),
        fc.constantFrom('end', 'middle', 'id'),
        (raw, width, align, cut) => {
          expect(stringWidth(fit(raw, width, align as 'left', cut as 'end'))).toBe(width)
        },
      ),
    )
  })

  it('are never cut through a letter', () => {
    fc.assert(
      fc.property(text, columns, (raw, width) => {
        expect(raw.startsWith(headOf(raw, width))).toBe(true)
        expect(raw.endsWith(tailOf(raw, width))).toBe(true)
        expect(stringWidth(headOf(raw, width))).toBeLessThanOrEqual(width)
      }),
    )
  })

  it('say where they were cut', () => {
    expect(cutTo(say`abcdefgh`, 5)).toBe('abcd…')
    expect(cutTo(say`abcdefgh`, 5, 'middle')).toBe('ab…gh')
    expect(fit(safeLine('宛先サーバー'), 6)).toBe('宛先… ')
    expect(fit(say`42`, 5, 'right')).toBe('   42')
  })

  it('keep the part of an id that tells tasks of one producer apart', () => {
    expect(cutTo(say`1M8049TTQ00001K2K55VAA`, 12, 'id')).toBe('…49TTQ00001…')
    expect(cutTo(say`order-2026-11-21-8812`, 11, 'id')).toBe('order…-8812')
  })

  it('break sentences between words, and lose none', () => {
    const remedy = say`the user or password in --redis-url, and the ACL.`
    expect(wrapWords(remedy, 24)).toEqual(['the user or password in', '--redis-url, and the', 'ACL.'])
    expect(wrapWords(remedy, 6)).toContain('--redis-url,')
  })

  it('break long lines without losing anything', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 40 }), (raw, width) => {
        const lines = wrap(raw, width)
        expect(lines.join('')).toBe(raw)
        for (const part of lines) expect(stringWidth(part)).toBeLessThanOrEqual(width)
      }),
    )
  })
})

describe('numbers and times', () => {
  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [79_000, '1m19s'],
    [14.9 * 60_000, '14m'],
    [134 * 60_000, '2h14m'],
    [76 * 3_600_000, '3d4h'],
    [-5, '0s'],
  ])('says %i ms as %s', (ms, said) => expect(duration(ms)).toBe(said))

  it.each([
    [8012, 6, '8012'],
    [123_456, 6, '123456'],
    [1_234_567, 6, '1.2M'],
    [1_234_567, 3, '1M'],
    [12_345, 4, '12k'],
  ])('says %i in %i columns as %s', (n, width, said) => expect(count(n, width)).toBe(said))

  it('rounds rates, sizes and latencies to what is readable', () => {
    expect([0, 0.04, 4.13, 812.4, 123_456].map(rate)).toEqual(['0', '0', '4.1', '812', '123k'])
    expect([12, 1234, 20_000, 3_000_000].map(bytes)).toEqual(['12', '1.2k', '20k', '2.9M'])
    expect([1.14, 37.2, 1500].map(latency)).toEqual(['1.1ms', '37ms', '1.5s'])
    expect([plural(1, say`task`), plural(3, say`task`)]).toEqual(['1 task', '3 tasks'])
  })

  it('tells the day only when it is another one', () => {
    const noon = Date.UTC(2026, 10, 21, 12, 4, 31, 7)
    expect(clock(noon)).toBe('12:04:31')
    expect(instant(noon, noon + 1000)).toBe('12:04:31.007')
    expect(instant(noon, noon + 86_400_000)).toBe('2026-11-21 12:04:31.007')
    expect(moment(noon, noon - 86_400_000)).toBe('11-21 12:04:31')
  })
})

describe('JSON', () => {
  it('is printed from what was parsed, with escapes shown', () => {
    expect(prettyJson({ to: 'a"b', list: [1, { deep: null }], none: [], note: '\x1b]52\x07' })).toEqual([
      '{',
      '  "to": "a\\"b",',
      '  "list": [',
      '    1,',
      '    {',
      '      "deep": null',
      '    }',
      '  ],',
      '  "none": [],',
      '  "note": "\\e]52\\x07"',
      '}',
    ])
  })

  it('is bounded in depth and in length', () => {
    let deep: unknown = 1
    for (let i = 0; i < 500; i++) deep = [deep]
    expect(prettyJson(deep as never).length).toBeLessThan(200)
    const long = prettyJson(Array.from({ length: 100_000 }, (_, i) => i))
    expect(long.at(-1)).toBe('… more than is shown here')
    expect(long.length).toBeLessThanOrEqual(2001)
  })
})

describe('rows of the screen', () => {
  it('never grow beyond it', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.integer({ min: 1, max: 100 }), (texts, width) => {
        const row = line(...texts.map((raw) => span(raw)))
        expect(widthOfLine(clip(row, width))).toBeLessThanOrEqual(width)
        expect(widthOfLine(underCursor(clip(row, width), width))).toBe(width)
        expect(widthOfLine(ends(row.spans, [span(say` end`)], width))).toBeLessThanOrEqual(width)
      }),
    )
  })

  it('keep their right end when the left one is too long', () => {
    expect(textOf(ends([span(say`a long beginning`)], [span(say`12:04`)], 14))).toBe('a long … 12:04')
  })

  it('are the same when text and tones are', () => {
    expect(sameLine(line(say`a`, span(say`b`, 'bad')), line(say`a`, span(say`b`, 'bad')))).toBe(true)
    expect(sameLine(line(say`a`), line(span(say`a`, 'bad')))).toBe(false)
  })

  it('keep their width in ASCII, and have nothing else in it', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const signs = say`─│┌…▁█↓→${raw}`
        expect(toAscii(signs)).toMatch(/^[\x20-\x7e]*$/)
        expect(toAscii(signs).length).toBe(stringWidth(signs))
      }),
    )
  })
})
