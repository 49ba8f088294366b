import { describe, expect, test } from 'vitest'
import { decodeClaim } from '../../src/core/claimed.ts'
import { decodeLetters, decodePulse, decodeReaped, decodeRenewals, oneOf, WORDS } from '../../src/core/replies.ts'

const broken = expect.objectContaining({ code: 'broken_reply' })

describe('letters', () => {
  test('are words, one per item', () => {
    expect(decodeLetters('enqueue', 'edcx', 4).words).toEqual(['enqueued', 'duplicate', 'conflict', 'too_large'])
  })

  test('that are all the same come as one', () => {
    expect(decodeLetters('complete', '=o', 3).words).toEqual(['ok', 'ok', 'ok'])
    expect(decodeLetters('complete', '=', 0).words).toEqual([])
  })

  test('are followed by the owners of duplicates, whose ids may hold colons', () => {
    const { owners } = decodeLetters('replay', 'rdd 1:a:b 2:c', 3)
    expect([...owners]).toEqual([
      [1, 'a:b'],
      [2, 'c'],
    ])
  })

  test.each([
    [null, 1],
    [7, 1],
    [['o'], 1],
    ['', 1],
    ['oo', 1],
    ['=z', 1],
    ['z', 1],
    ['superseded', 10],
    ['superseded', 1],
  ])('that are none are refused: %j for %i', (reply, count) => {
    expect(() => decodeLetters('complete', reply, count)).toThrow(broken)
  })

  test('are different within each script', () => {
    for (const words of Object.values(WORDS)) expect(new Set(Object.values(words)).size).toBe(Object.keys(words).length)
  })
})

describe('a claim', () => {
  test('that got nothing says why', () => {
    expect(decodeClaim(['paused'])).toEqual({ word: 'paused' })
    expect(decodeClaim(['empty', ''])).toEqual({ word: 'empty', drain: false })
    expect(decodeClaim(['empty', 'drain'])).toEqual({ word: 'empty', drain: true })
  })

  test('that got tasks says everything a worker needs', () => {
    const envelopes = ['d|mail\n\n1', 'd|mail\n\n2']
    const reply = ['granted', '12-abc', 'drain', 99, ['a', 'b'], envelopes, [null, '3,2,1,1,4,77'], '1']
    const claim = decodeClaim(reply)
    expect(claim).toMatchObject({ word: 'granted', nonce: '12-abc', drain: true, alone: true, nowMs: 99 })
    expect(claim.word === 'granted' && claim.tasks).toEqual([
      expect.objectContaining({ id: 'a', nonce: '12-abc', fence: 12, attempt: 1, retries: 0, hasRecord: false }),
      expect.objectContaining({
        id: 'b',
        attempt: 4,
        retries: 2,
        crashes: 1,
        snoozes: 4,
        unknownSinceMs: 77,
        hasRecord: true,
      }),
    ])
  })

  test('of a queue without any attempts gets none', () => {
    const claim = decodeClaim(['granted', '1-x', '', 1, ['a'], ['d|mail\n\n1'], [], '0'])
    expect(claim).toMatchObject({ alone: false, drain: false, tasks: [{ attempt: 1, hasRecord: false }] })
  })

  test('of a task whose envelope is gone is malformed, not an error', () => {
    const claim = decodeClaim(['granted', '1-x', '', 1, ['a'], [null], [], '0'])
    expect(claim).toMatchObject({ tasks: [{ envelope: { malformed: 'not an envelope' } }] })
  })

  test.each([null, 'granted', [], ['what'], ['granted', 5], ['granted', '1-x', '', 1, 'a']])(
    'that is none is refused: %j',
    (reply) => {
      expect(() => decodeClaim(reply)).toThrow(broken)
    },
  )
})

test('a renewal tells what its worker has to do, grant by grant', () => {
  expect(decodeRenewals(['1', '2', '3'], ['lost', 'ok', 'ok c:a o:b:c c:d'])).toEqual([
    { nonce: '1', lost: true, cancelled: [], overdue: [] },
    { nonce: '2', lost: false, cancelled: [], overdue: [] },
    { nonce: '3', lost: false, cancelled: ['a', 'd'], overdue: ['b:c'] },
  ])
  for (const reply of [null, 'ok', ['ok']]) expect(() => decodeRenewals(['1', '2'], reply)).toThrow(broken)
})

test('a sweep tells what it took back, or how long it holds back', () => {
  expect(decodeReaped(['hold', 7])).toEqual({ heldUntilMs: 7, reaped: [] })
  expect(decodeReaped([])).toEqual({ heldUntilMs: undefined, reaped: [] })
  expect(decodeReaped(['reaped', 'a', 'w', 'poison', 'b', 'x'])).toEqual({
    heldUntilMs: undefined,
    reaped: [
      { outcome: 'reaped', id: 'a', worker: 'w' },
      { outcome: 'poison', id: 'b', worker: 'x' },
    ],
  })
  expect(() => decodeReaped('hold')).toThrow(broken)
})

test('a pulse tells what it moved, when to come again, and which schedules are due', () => {
  expect(decodePulse([2, 9, ''])).toEqual({ moved: 2, nowMs: 9, nextDueMs: undefined, dueSchedules: [] })
  expect(decodePulse([0, 9, '12', 's', '8', 't', '9'])).toEqual({
    moved: 0,
    nowMs: 9,
    nextDueMs: 12,
    dueSchedules: [
      { name: 's', slotMs: 8 },
      { name: 't', slotMs: 9 },
    ],
  })
  expect(() => decodePulse(null)).toThrow(broken)
})

test('a word that is none of the script’s is refused', async () => {
  expect(await oneOf('pause', Promise.resolve('paused'), ['paused', 'resumed'])).toBe('paused')
  await expect(oneOf('pause', Promise.resolve('superseded'), ['paused', 'resumed'])).rejects.toThrow(broken)
})
