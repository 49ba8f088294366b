import { expect, test } from 'vitest'
import { globalKeys, ID, NAME, QUEUE_KEY_NAMES, queueKeys, queuePattern } from '../../src/core/keys.ts'

test('every key of a queue shares its hash tag, so that a script touches one slot', () => {
  const keys = queueKeys('dq', 'mail', 'c1')
  for (const key of Object.values(keys)) expect(key).toMatch(/^dq:\{mail\}:[a-z:]+/)
  expect(new Set(Object.values(keys)).size).toBe(QUEUE_KEY_NAMES.length + 1)
  expect(keys.op).toBe('dq:{mail}:op:c1')
})

test('the pattern of a queue matches its keys and those of no other', () => {
  const pattern = queuePattern('dq', 'mail')
  expect(pattern.endsWith('*')).toBe(true)
  for (const key of Object.values(queueKeys('dq', 'mail', 'c'))) expect(key.startsWith(pattern.slice(0, -1))).toBe(true)
  for (const key of Object.values(queueKeys('dq', 'mail2', 'c')))
    expect(key.startsWith(pattern.slice(0, -1))).toBe(false)
})

test('what stands alone has a tag that no queue can have', () => {
  const keys = Object.values(globalKeys('dq'))
  expect(new Set(keys).size).toBe(keys.length)
  for (const key of keys) expect(key.startsWith('dq:{_}:')).toBe(true)
  expect(NAME.test('_')).toBe(false)
})

test.each(['a', 'A0', 'mail.send:v2_x-1', 'a'.repeat(64)])('%s is a name', (name) => {
  expect(NAME.test(name)).toBe(true)
})

test.each(['', '_', '-a', '.a', 'a b', 'a|b', 'a{b}', 'a\n', 'ü', 'a*', 'a'.repeat(65)])('%j is no name', (name) => {
  expect(NAME.test(name)).toBe(false)
})

test('an id may be twice as long as a name, so that a schedule’s name and a time fit', () => {
  expect(ID.test(`${'a'.repeat(64)}:1700000000000`)).toBe(true)
  expect(ID.test('a'.repeat(128))).toBe(true)
  expect(ID.test('a'.repeat(129))).toBe(false)
  expect(ID.test('a b')).toBe(false)
})
