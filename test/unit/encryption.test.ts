import { describe, expect, it } from 'vitest'
import { parseEncryptionKeys } from '../../src/config/encryption-keys-file.ts'
import { Keyring, type Place } from '../../src/core/encryption/keyring.ts'
import { hidden, isSealed, keyIdOf, nameOf, parseSealed } from '../../src/core/encryption/sealed.ts'
import { sealedFingerprint } from '../../src/core/fingerprint.ts'
import { decide } from '../../src/core/outcome.ts'
import { decodeFailures, decodeResult, failureLine, resultRecord } from '../../src/core/records.ts'
import { KEYS, withKey } from '../helpers/encrypted.ts'

const PLACE: Place = { field: 'payload', queue: 'mails', type: 'mail', scope: 'i', name: 'm1' }

describe('a keyring', () => {
  it.each(['', 'null', '{"to":"ü 𝄞"}', 'x'.repeat(100_000)])('opens what it encrypted, at its place: %.20s', (text) => {
    const keyring = new Keyring(withKey('k1'))
    const sealed = keyring.seal(PLACE, text)
    expect(keyring.open(sealed, PLACE)).toEqual({ text })
    expect(isSealed(sealed)).toBe(true)
    expect(sealed).toMatch(/^!dq1 k1 i [\w-]+$/)
  })

  it('never encrypts the same in the same way', () => {
    const keyring = new Keyring(withKey('k1'))
    expect(new Set(Array.from({ length: 1_000 }, () => keyring.seal(PLACE, '1'))).size).toBe(1_000)
  })

  it.each([
    ['field', 'result'],
    ['queue', 'other'],
    ['type', 'other'],
    ['name', 'm2'],
  ])('opens nothing at another %s', (part, value) => {
    const keyring = new Keyring(withKey('k1'))
    expect(keyring.open(keyring.seal(PLACE, '1'), { ...PLACE, [part]: value })).toEqual({ problem: 'broken' })
  })

  it('tells a key that is not there from one that is another of the same id, and from no value at all', () => {
    const sealed = new Keyring(withKey('k1')).seal(PLACE, '1')
    expect(new Keyring(withKey('k2')).open(sealed, PLACE)).toEqual({ problem: 'no_key' })
    const other = new Keyring({ current: 'k1', keys: { k1: KEYS.k2 } })
    expect(other.open(sealed, PLACE)).toEqual({ problem: 'broken' })
    for (const text of ['', '!dq1', '!dq1 k1 i', '!dq1 k1 x AAAA', '!dq2 k1 i AAAA', sealed.slice(0, 20)])
      expect(other.open(text, PLACE)).toEqual({ problem: 'broken' })
  })

  it('takes other keys as they come, and keeps those it has when they cannot be', () => {
    const keyring = new Keyring(withKey('k1'))
    const old = keyring.seal(PLACE, '1')
    expect(() => keyring.replace({ current: 'k3', keys: { k2: KEYS.k2 } })).toThrow("current is 'k3'")
    expect([keyring.current, keyring.ids]).toEqual(['k1', ['k1']])
    keyring.replace(withKey('k2', 'k1'))
    expect(keyring.seal(PLACE, '1')).toMatch(/^!dq1 k2 /)
    expect(keyring.open(old, PLACE)).toEqual({ text: '1' })
    expect(new Keyring(keyring.options).open(old, PLACE)).toEqual({ text: '1' })
  })

  it('for sealing opens nothing', () => {
    const keyring = Keyring.forSealing(withKey('k1'))
    expect(keyring.open(keyring.seal(PLACE, '1'), PLACE)).toEqual({ problem: 'no_key' })
    expect(keyring.ids).toEqual([])
  })

  it.each([
    [{ 'no id': KEYS.k1 }, /a key id has to be 1 to 32/],
    [{ k1: 'c2hvcnQ=' }, /key k1 has to be 32 bytes/],
    [{ k1: Buffer.alloc(31) }, /key k1 has to be 32 bytes/],
    [{ k1: `${KEYS.k1.slice(0, -2)}!=` }, /key k1 has to be 32 bytes/],
  ])('refuses keys that are none, and does not quote them (%#)', (keys, problem) => {
    const make = (): Keyring => new Keyring({ current: 'k1', keys })
    expect(make).toThrow(problem)
    expect(make).not.toThrow(/c2hvcnQ=|AQEB/)
  })
})

describe('an encrypted value', () => {
  it('says its key and its scope', () => {
    const sealed = new Keyring(withKey('k2')).seal({ ...PLACE, scope: 's' }, '1')
    expect(parseSealed(sealed)).toMatchObject({ kid: 'k2', scope: 's' })
    expect([keyIdOf(sealed), hidden(sealed), hidden('!dq1 damaged')]).toEqual([
      'k2',
      '<encrypted kid=k2>',
      '<encrypted kid=?>',
    ])
    expect(parseSealed(`${sealed}\n`)).toBeUndefined()
  })

  it('is bound to an id, to the name of a schedule, or to what makes a task unique', () => {
    const keyring = new Keyring(withKey('k1'))
    const by = (scope: Place['scope']): string => keyring.seal({ ...PLACE, scope }, '1')
    expect(nameOf(by('i'), 'a:b:17', 'u=sha|w=1')).toBe('a:b:17')
    expect(nameOf(by('s'), 'a:b:17', '')).toBe('a:b')
    expect(nameOf(by('u'), 'x', 'g=u=no|u=sha|w=1')).toBe('sha')
  })
})

describe('the record of an encrypted task', () => {
  const seal = (field: string, text: string): string =>
    new Keyring(withKey('k1')).seal({ ...PLACE, field: field as Place['field'] }, text)
  const failed = {
    attempt: 1,
    atMs: 5,
    worker: 'w',
    reason: 'error',
    message: 'secret',
    stack: 'Error: secret\n    at f',
  }

  it('keeps neither message nor stack nor result in the open', () => {
    const line = failureLine(failed, 'mail', seal)
    expect(line).not.toContain('secret')
    const { attempts } = decodeFailures(`d|mail\n${line}`)
    expect(attempts[0]).toMatchObject({ message: '<encrypted kid=k1>', stack: undefined, reason: 'error' })
    const about = { type: 'mail', attempt: 1, worker: 'w', createdAtMs: 1, startedAtMs: 2, finishedAtMs: 3 }
    const record = resultRecord({ ...about, resultJson: '"secret"' }, seal)
    expect(record).not.toContain('secret')
    expect(decodeResult(record)).toMatchObject({
      result: '<encrypted kid=k1>',
      sealed: expect.stringMatching(/^!dq1 /),
    })
  })

  it('is of the same kind whatever the message says, and of another one where the code differs', () => {
    const kind = (message: string, name = 'TypeError', at = 'send (/srv/mail.js:8:1)', reason = 'error'): string =>
      sealedFingerprint({ type: 'mail', reason, message, stack: `${name}: ${message}\n    at ${at}` })
    expect(kind('card 4711')).toBe(kind('nobody\n    at home (x.js:1:1)'))
    for (const other of [
      kind('a', 'RangeError'),
      kind('a', 'TypeError', 'other (/srv/b.js:8:1)'),
      kind('a', 'TypeError', 'send (/srv/mail.js:8:1)', 'timeout'),
    ])
      expect(other).not.toBe(kind('a'))
  })

  it('does not look at a stack that may hold the message anywhere', () => {
    const kind = (message: string, stack: string): string =>
      sealedFingerprint({ type: 'mail', reason: 'error', message, stack })
    expect(kind('cut…', 'Error: card 4711\n    at a (b.js:1:1)')).toBe(
      kind('cut…', 'Error: card 4712\n    at c (d.js:1:1)'),
    )
    expect(kind('x', 'card 4711: x\n    at a (b.js:1:1)')).toBe(kind('y', 'card 4712: y\n    at a (b.js:1:1)'))
  })
})

describe('a file of encryption keys', () => {
  it('has a key a line, of which the first encrypts, whatever the ids are', () => {
    const text = `# ours\r\n\n  b ${KEYS.k1}\n1\t${KEYS.k2.replace('=', '')}\n`
    expect(parseEncryptionKeys(text)).toEqual({
      options: { current: 'b', keys: { b: KEYS.k1, 1: KEYS.k2.replace('=', '') } },
      problems: [],
    })
  })

  it.each([
    ['', 'it has no key; write one line: id base64'],
    ['k1', 'line 1: has to be: id base64'],
    [`k1 ${KEYS.k1} more`, 'line 1: has to be: id base64'],
    [`k1 ${KEYS.k1}\nk1 ${KEYS.k2}`, 'line 2: the id k1 is there twice'],
    [`-k ${KEYS.k1}`, 'line 1: the id has to be 1 to 32 letters, digits, . _ or -, beginning with a letter or digit'],
    ['k1 c2hvcnQ=', 'line 1: the key has to be base64 of 32 bytes: openssl rand -base64 32'],
  ])('says what is wrong, and nothing of what is in it (%#)', (text, problem) => {
    expect(parseEncryptionKeys(text).problems).toEqual([problem])
  })
})

describe('a task without its key', () => {
  const decided = (forMs: number | undefined, known: boolean): unknown => {
    const past = { retries: 9, crashes: 0, snoozes: 0, unknownSinceMs: forMs === undefined ? undefined : 1e12 - forMs }
    const policy = { limit: 0 } as Parameters<typeof decide>[2]
    return decide(past, { kind: 'no_key', known }, policy, Math.random, 1e12)
  }

  it('is put off as one without a handler is, and dies of that after ten minutes when nobody has it', () => {
    expect(decided(undefined, false)).toEqual({ verb: 'unknown', delayMs: 1_000 })
    expect(decided(20_000, false)).toEqual({ verb: 'unknown', delayMs: 20_000 })
    expect(decided(600_000, true)).toEqual({ verb: 'unknown', delayMs: 30_000 })
    expect(decided(600_000, false)).toEqual({ verb: 'dead', reason: 'no_key' })
  })
})
