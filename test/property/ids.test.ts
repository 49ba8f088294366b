import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { idGenerator, idTimeMs } from '../../src/core/ids.ts'

const times = fc.nat({ max: 32 ** 9 - 1_000_000 })

test.prop([fc.array(times, { minLength: 1, maxLength: 50 })])(
  'whatever the clock does, ids differ and sort in the order they were made',
  (clock) => {
    const left = [...clock]
    const next = idGenerator(() => left.shift()!)
    const ids = clock.map(() => next())
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.toSorted()).toEqual(ids)
  },
)

test.prop([times])('an id tells the millisecond in which it was made', (ms) => {
  fc.pre(ms > 0)
  expect(idTimeMs(idGenerator(() => ms)())).toBe(ms)
})

test.prop([fc.string()])('any text either tells a time or is not one of ours', (text) => {
  const ms = idTimeMs(text)
  expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true)
})
