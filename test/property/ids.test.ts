import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { idGenerator, idTimeMs } from '../../src/core/ids.ts'

const times = fc.integer({ min: 1, max: 32 ** 9 - 1_000_000 })

test('whatever the clock does, ids differ and sort in the order they were made', () => {
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 50 }), (clock) => {
      const left = [...clock]
      const next = idGenerator(() => left.shift()!)
      const ids = clock.map(() => next())
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.toSorted()).toEqual(ids)
    }),
  )
})

test('an id tells the millisecond in which it was made', () => {
  fc.assert(
    fc.property(times, (ms) => {
      expect(idTimeMs(idGenerator(() => ms)())).toBe(ms)
    }),
  )
})

test('any text either tells a time or is not one of ours', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = idTimeMs(text)
      expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true)
    }),
  )
})
