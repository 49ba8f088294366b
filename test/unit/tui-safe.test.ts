import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Safe, LINE_CAP, safeBlock, safeLine, say } from '../../src/tui/text/safe.ts'

/** What no terminal may get from us: controls, formats and bidi, surrogates alone, private use, what is not shown. */
const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

const HOSTILE = {
  'clipboard (OSC 52)': 'a\x1b]52;c;ZXZpbA==\x07b',
  'clipboard with ST': 'a\x1b]52;c;ZXZpbA==\x1b\\b',
  'C1 string': 'a\u009d52;c;ZXZpbA==\u009cb',
  'link (OSC 8)': 'a\x1b]8;;http://evil/\x07click\x1b]8;;\x07b',
  'title (OSC 0)': 'a\x1b]0;pwned\x07b',
  clear: 'a\x1b[2J\x1b[Hb',
  conceal: 'a\x1b[8mhidden\x1b[0mb',
  'alternate screen': 'a\x1b[?1049lb',
  DCS: 'a\x1bP+q544e\x1b\\b',
  'C1 CSI': 'a\u009b2Jb',
  'carriage return': 'safe\rEVIL',
  backspace: 'abc\b\b\bEVIL',
  NUL: 'a\0b',
  DEL: 'a\x7fb',
  'right to left': 'a\u202egnp.exe\u202cb',
  isolate: 'a\u2066x\u2069',
  'zero width': 'a\u200bb\u2060c\ufeffd',
  'line separator': 'a\u2028b',
  NEL: 'a\u0085b',
  tags: 'a\u{e0041}b',
  'soft hyphen': 'a\u00adb',
  'unterminated string': 'a\x1b]52;c;AAAA b c d',
  'lone surrogate': 'a\ud83db',
} as const

describe('text from outside', () => {
  it.each(Object.entries(HOSTILE))('shows %s escaped, and nothing raw', (_name, raw) => {
    const shown = safeLine(raw)
    expect(shown).not.toMatch(FORBIDDEN)
    expect(shown).toMatch(/\\/)
  })

  it('says which character it was', () => {
    expect(safeLine('\x1b\r\t\0\x9b\u202e\u{e0041}')).toBe('\\e\\r\\t\\x00\\x9b\\u202e\\u{e0041}')
  })

  it('shows a line break as a sign, so that a cell stays one row', () => {
    expect(safeLine('one\ntwo')).toBe('one⏎two')
    expect(safeLine('one⏎two')).toBe('one\\u23cetwo')
  })

  it('tells an escape from a backslash that was there', () => {
    expect(safeLine('\x1b')).toBe('\\e')
    expect(safeLine('\\e')).toBe('\\\\e')
    expect(safeLine('\\\x1b')).toBe('\\\\\\e')
    expect(safeLine('C:\\dir \\d')).toBe('C:\\dir \\d')
  })

  it('leaves ordinary text of all scripts as it is', () => {
    for (const text of ['email.send', 'müller', 'ご注文の確認', '한국어', 'नमस्ते', '👍 ok', '🇯🇵', 'a / b', '" \' <'])
      expect(safeLine(text)).toBe(text)
  })

  it('shows apart what terminals do not agree on: joiners, skin tones, variation selectors', () => {
    expect(safeLine('👩\u200d💻')).toBe('👩\\u200d💻')
    expect(safeLine('👍🏽')).toBe('👍\\u{1f3fd}')
    expect(safeLine('⚠\ufe0f')).toBe('⚠\\ufe0f')
  })

  it('cuts piles of marks, and escapes a mark without a letter', () => {
    expect(safeLine(`z${'\u0301'.repeat(50)}!`)).toBe('z\u0301\u0301\u0301…!')
    expect(safeLine('\u0301a')).toBe('\\u0301a')
  })

  it('is cut at its cap before any other work', () => {
    const started = performance.now()
    expect(safeLine('\x1b'.repeat(10_000_000))).toBe(`${'\\e'.repeat(LINE_CAP)}…`)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('comes as lines when it has several, and says what is not shown', () => {
    expect(safeBlock('a\r\n\tb\x1b')).toEqual(['a', '  b\\e'])
    const lines = safeBlock('x'.repeat(70_000))
    expect(lines.at(-1)).toBe('… 4464 more characters')
  })

  it('is a type of its own: a plain string does not fit in a cell', () => {
    expectTypeOf<string>().not.toExtend<Safe>()
    expectTypeOf(say`x`).toEqualTypeOf<Safe>()
    // @ts-expect-error a plain string is refused
    expect(say`${'raw' as string}`).toBe('raw')
  })

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('\\', 'e', 'x', '1', 'b', '\x1b', 'u', '{', '}', 'a', '\u200d') }),
  )

  it('carries nothing that a terminal would obey or hide', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        expect(safeLine(raw)).not.toMatch(FORBIDDEN)
        for (const line of safeBlock(raw)) expect(line).not.toMatch(FORBIDDEN)
      }),
    )
  })

  it('differs where the text differs', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        fc.pre(a !== b && a.length < 200 && b.length < 200 && !/\p{M}{4}/u.test(a + b))
        expect(safeLine(a)).not.toBe(safeLine(b))
      }),
    )
  })
})
