import { expect, test } from 'vitest'
import { idGenerator, idTimeMs, randomText } from '../../src/core/ids.ts'
import { ID } from '../../src/core/keys.ts'

test('an id has 22 characters, is a name that callers could choose too, and tells its time', () => {
  const id = idGenerator(() => 1_700_000_000_123)()
  expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{22}$/)
  expect(id).toMatch(ID)
  expect(idTimeMs(id)).toBe(1_700_000_000_123)
})

test('ids of one millisecond differ and sort in the order they were made', () => {
  const next = idGenerator(() => 5)
  const ids = Array.from({ length: 2_000 }, next)
  expect(new Set(ids).size).toBe(2_000)
  expect(ids.toSorted()).toEqual(ids)
})

test('ids go on growing when the clock stands still or goes back', () => {
  const times = [1_000, 1_000, 900, 1, 1_001, 1_000]
  const next = idGenerator(() => times.shift() ?? 0)
  const ids = Array.from({ length: 6 }, next)
  expect(ids.toSorted()).toEqual(ids)
  expect(ids.map(idTimeMs)).toEqual([1_000, 1_000, 1_000, 1_000, 1_001, 1_001])
})

test('a millisecond that has no number left borrows from the next one', () => {
  const next = idGenerator(() => 7)
  let last = ''
  for (let i = 0; i < 32 ** 4; i++) last = next()
  expect(idTimeMs(last)).toBe(7)
  const over = next()
  expect(idTimeMs(over)).toBe(8)
  expect(over > last).toBe(true)
})

test('two generators never meet, though they run in the same millisecond', () => {
  expect(idGenerator(() => 1)()).not.toBe(idGenerator(() => 1)())
})

test.each(['', 'order-17', 'a'.repeat(22), '0123456789012345678901', 'U'.repeat(22)])(
  'an id that a caller chose tells no time: %j',
  (id) => {
    const isGenerated = /^[0-9A-HJKMNP-TV-Z]{22}$/.test(id)
    expect(idTimeMs(id) === undefined).toBe(!isGenerated)
  },
)

test('random text has the length that was asked for', () => {
  expect(randomText(0)).toBe('')
  expect(randomText(12)).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/)
})
