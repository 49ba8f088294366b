import { describe, expect, test } from 'vitest'
import { decodeCounts, decodeFailures, decodeResult, failureLine, resultRecord } from '../../src/core/records.ts'

const FAILURE = { attempt: 2, atMs: 5, worker: 'w', reason: 'error', message: 'no', stack: undefined }

describe('a failure', () => {
  test('is one line, whatever its message and stack hold, and is read back', () => {
    const line = failureLine({ ...FAILURE, message: 'a\nb\t"c"', stack: 'at a\n\tat b' })
    expect(line).not.toContain('\n')
    expect(line.split('\t')).toHaveLength(2)
    expect(decodeFailures(`h|mail\n${line}`)).toEqual({
      priority: 'high',
      type: 'mail',
      attempts: [{ ...FAILURE, message: 'a\nb\t"c"', stack: 'at a\n\tat b' }],
    })
  })

  test('is cut to its bounds, with a sign that something is missing', () => {
    const line = failureLine({ ...FAILURE, message: 'm'.repeat(5_000), stack: 's'.repeat(9_000) })
    const [attempt] = decodeFailures(`d|mail\n${line}`).attempts
    expect(attempt?.message).toBe(`${'m'.repeat(1_023)}…`)
    expect(attempt?.stack).toBe(`${'s'.repeat(4_095)}…`)
  })

  test('keeps a message of exactly its bound', () => {
    const message = 'm'.repeat(1_024)
    expect(decodeFailures(`d|mail\n${failureLine({ ...FAILURE, message })}`).attempts[0]?.message).toBe(message)
  })

  test.each(['not json', '{"n":1}\tnot json', '[', ''])('that somebody else wrote is shown as it is: %j', (line) => {
    const { attempts } = decodeFailures(`d|mail\n${line}`)
    expect(attempts.map(({ reason, message }) => [reason, message])).toEqual(line === '' ? [] : [['malformed', line]])
  })

  test.each([undefined, null, ''])('that never was: %j', (text) => {
    expect(decodeFailures(text)).toEqual({ priority: 'default', type: '', attempts: [] })
  })
})

describe('a result', () => {
  const record = { type: 'mail', attempt: 1, worker: 'w', createdAtMs: 1, startedAtMs: 2, finishedAtMs: 3 }

  test('is read back', () => {
    expect(decodeResult(resultRecord({ ...record, resultJson: '{"ok":[1]}' }))).toEqual({
      ...record,
      status: 'completed',
      result: { ok: [1] },
      resultOmittedBytes: undefined,
    })
  })

  test('may be nothing, and its task may have told no time', () => {
    const text = resultRecord({ ...record, createdAtMs: undefined, resultJson: undefined })
    expect(decodeResult(text)).toMatchObject({ createdAtMs: undefined, result: undefined })
  })

  test.each([
    ['x'.repeat(65_534), undefined],
    ['x'.repeat(65_535), 65_537],
    ['ü'.repeat(32_767), undefined],
    ['ü'.repeat(32_768), 65_538],
  ])('is left out when its JSON has more than 64 KiB, and its size is noted', (value, omitted) => {
    const read = decodeResult(resultRecord({ ...record, resultJson: JSON.stringify(value) }))
    expect(read?.resultOmittedBytes).toBe(omitted)
    expect(read?.result).toBe(omitted === undefined ? value : undefined)
  })

  test('of a cancelled task is what the scripts write', () => {
    expect(decodeResult('{"t":"mail","s":"cancelled","f":7}')).toMatchObject({ status: 'cancelled', finishedAtMs: 7 })
  })

  test.each(['', 'no', '{'])('that somebody else wrote is none: %j', (text) => {
    expect(decodeResult(text)).toBeUndefined()
  })

  test.each(['null', '7', '"text"', '[]'])('that is other JSON is none, or says nothing: %j', (text) => {
    expect(decodeResult(text)?.type ?? 'unknown').toBe('unknown')
  })
})

describe('counts of attempts', () => {
  test('are read by their places', () => {
    expect(decodeCounts('5,2,1,1,4,99')).toEqual({
      runs: 5,
      retries: 2,
      crashes: 1,
      suspect: 1,
      snoozes: 4,
      unknownSinceMs: 99,
    })
  })

  test.each([undefined, null, '', '0,0,0,0,0,0'])('are zero when there are none: %j', (text) => {
    const none = { runs: 0, retries: 0, crashes: 0, suspect: 0, snoozes: 0, unknownSinceMs: undefined }
    expect(decodeCounts(text)).toEqual(none)
  })

  test('that somebody else wrote are never no number', () => {
    const { unknownSinceMs: _, ...numbers } = decodeCounts('a,b,c')
    expect(Object.values(numbers).every(Number.isFinite)).toBe(true)
  })
})
