import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConfigError } from '../../src/config.ts'
import { contextNamed } from '../../src/tui/contexts.ts'
import { csvOf, plainJson, stampOf } from '../../src/tui/text/export.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { CLIPBOARD_CAP, clipboardSequence } from '../../src/tui/tty/clipboard.ts'

const [ESC, BEL] = ['\x1b', '\x07']

/** What a terminal behind tmux or screen gets to see. */
function unwrapped(sequence: string): string {
  const [, tmux] = sequence.split(`${ESC}Ptmux;`)
  if (tmux !== undefined) return tmux.slice(0, -2).replaceAll(ESC + ESC, ESC)
  return sequence.replaceAll(`${ESC}\\`, '').replaceAll(`${ESC}P`, '')
}

function decoded(sequence: string): string {
  const [, encoded = ''] = unwrapped(sequence).split(`${ESC}]52;c;`)
  expect(encoded.endsWith(BEL)).toBe(true)
  return Buffer.from(encoded.slice(0, -1), 'base64').toString()
}

describe('the clipboard', () => {
  it.each([
    ['a plain terminal', { TERM: 'xterm-256color' }],
    ['tmux', { TERM: 'tmux', TMUX: '/tmp/tmux-1/default,1,0' }],
    ['screen', { TERM: 'screen', STY: '1.pts-0' }],
  ])('of %s gets the very text', (_name, env) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        expect(decoded(clipboardSequence(text, env)!)).toBe(text)
      }),
    )
  })

  it('is passed over for what is too long, and on terminals that have none', () => {
    expect(clipboardSequence('x'.repeat(CLIPBOARD_CAP), { TERM: 'xterm' })).toBeUndefined()
    expect(clipboardSequence('x', { TERM: 'linux' })).toBeUndefined()
  })
})

describe('what is written to a file', () => {
  it('as JSON has nothing in it that a terminal would obey or hide, and reads as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 40 }), (value, text) => {
        const written = plainJson({ value, text })
        expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ value, text })))
      }),
    )
    expect(plainJson({ text: '\x1b[2J\u202e' })).toBe('{"text":"\\u001b[2J\\u202e"}')
  })

  it('as CSV quotes what has to be quoted, and is no formula', () => {
    const cells = ['a,b', 'say "x"', '=1+1', ' plain '].map((text) => safeLine(text))
    expect(csvOf([safeLine('A')], [cells])).toBe('A\r\n"a,b","say ""x""","\'=1+1",plain\r\n')
  })

  it('is named by the time', () => {
    expect(stampOf(Date.UTC(2026, 10, 22, 2, 15, 1, 7))).toBe('2026-11-22T021501Z')
  })
})

describe('a context', () => {
  function envWith(text: string): { XDG_CONFIG_HOME: string } {
    const folder = mkdtempSync(join(tmpdir(), 'dq-contexts-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'dq'))
    writeFileSync(join(folder, 'dq', 'contexts.yaml'), text)
    return { XDG_CONFIG_HOME: folder }
  }
  const GOOD =
    'prod-eu:\n  redis-url: redis://10.2.0.4:6379\n  namespace: shop\n  prod: true\nlocal:\n  redis_url: redis://x\n'

  it('is a Redis by its name, and whether it is prod', () => {
    expect(contextNamed('prod-eu', envWith(GOOD))).toEqual({
      name: 'prod-eu',
      isProd: true,
      connection: { 'redis-url': 'redis://10.2.0.4:6379', namespace: 'shop' },
    })
    expect(contextNamed('local', envWith(GOOD))).toMatchObject({
      isProd: false,
      connection: { 'redis-url': 'redis://x' },
    })
  })

  it.each([
    ['prod-ue', GOOD, 'did you mean prod-eu?'],
    ['a', 'a:\n  redis-ulr: x\n', 'has no field redis-ulr; did you mean redis-url?'],
    ['a', 'a: redis://x\n', 'has to have fields'],
    ['a', 'a:\n  prod: maybe\n', 'is true or false'],
    ['a', 'a:\n  namespace: 5\n', 'has to be a text'],
    ['a', '- a\n', 'write one option a line'],
  ])('%s is refused with the remedy: %j', (name, text, problem) => {
    let message = ''
    try {
      contextNamed(name, envWith(text))
    } catch (error) {
      message = (error as ConfigError).problems.join('\n')
    }
    expect(message).toContain(problem)
  })

  it('says where the file has to be when there is none', () => {
    expect(() => contextNamed('a', { XDG_CONFIG_HOME: '/nowhere' })).toThrow('/nowhere/dq/contexts.yaml')
  })
})
