import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope, type NewEnvelope } from '../../src/core/envelope.ts'
import { NAME } from '../../src/core/keys.ts'
import { PRIORITIES } from '../../src/core/priority.ts'

const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined })
const whole = maybe(fc.maxSafeNat())

const envelopes: fc.Arbitrary<NewEnvelope> = fc.record({
  type: fc.stringMatching(NAME),
  priority: fc.constantFrom(...PRIORITIES),
  payloadJson: fc.json(),
  createdAtMs: whole,
  runAtMs: whole,
  maxRetries: whole,
  timeoutMs: whole,
  resultTtlMs: whole,
  traceparent: maybe(fc.string()),
  idempotencyKey: maybe(fc.string()),
  contentHash: maybe(fc.nat(2 ** 20 - 1)),
  idempotencyTtlMs: maybe(fc.nat()),
})

test('what is written is read back, whatever is in it', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const { contentHash, idempotencyTtlMs, ...written } = envelope
      const { extras, ...read } = decodeEnvelope(encodeEnvelope(envelope))
      expect(read).toEqual({ ...written, malformed: undefined })
      const has = (key: string): boolean => extras.split('|').some((one) => one.startsWith(`${key}=`))
      expect(has('h')).toBe(contentHash !== undefined)
      expect(has('t')).toBe(written.timeoutMs !== undefined)
      expect(has('i')).toBe(written.idempotencyKey !== undefined)
      expect(has('k')).toBe(idempotencyTtlMs !== undefined && (has('i') || has('h')))
    }),
  )
})

test('the header is one line without anything that could be taken for another field', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const [head = ''] = encodeEnvelope(envelope).split('\n')
      expect(head).toMatch(/^[hdl]x?\|[\w.:-]+(\|[ikht]=[\w-]*)*$/)
    }),
  )
})

test('foreign text is never an error, and never lost', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { malformed, payloadJson } = decodeEnvelope(text)
      expect(malformed === undefined || payloadJson === text).toBe(true)
    }),
  )
})

test('options written by others are read as ours only when they have our types', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (rare, payload) => {
      const { createdAtMs, runAtMs, maxRetries, timeoutMs, resultTtlMs } = decodeEnvelope(`d|mail\n${rare}\n${payload}`)
      for (const value of [createdAtMs, runAtMs, maxRetries, timeoutMs, resultTtlMs])
        expect(['number', 'undefined']).toContain(typeof value)
    }),
  )
})
