import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compactPayload, editableOf, withPayload } from '../../src/core/edit.ts'
import { encodeEnvelope } from '../../src/core/envelope.ts'
import { jsonProblem } from '../../src/core/json-problem.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // What is asked.
    return false
  }
}

test('what is JSON has no problem, however it is laid out, and is compacted to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, 2, '\t'), (value, space) => {
      const text = `\n ${JSON.stringify(value, null, space)}\t`
      expect(jsonProblem(text)).toBeUndefined()
      expect(compactPayload(text)).toBe(JSON.stringify(value))
    }),
  )
})

test('a JSON text that was damaged is one exactly when the parser of the platform takes it', () => {
  const pieces = fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '\\', '1', '-', '.', 'e', '0', 't', ' ', '\n')
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.nat(3), pieces, (value, n, cut, piece) => {
      const text = JSON.stringify(value, null, 1)
      const at = n % (text.length + 1)
      const damaged = text.slice(0, at) + piece + text.slice(at + cut)
      expect({ damaged, isJson: jsonProblem(damaged) === undefined }).toEqual({ damaged, isJson: isJson(damaged) })
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['', 1, 1, 'expected a value'],
  ['{\n  "a": 1,\n}', 3, 1, 'expected a name in double quotes'],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected a comma or the closing bracket'],
  ['{\n  "a" 1 }', 2, 7, 'expected a :'],
  ['{\n  "a": "b\n}', 2, 8, 'a string that does not end'],
  ["{ 'a': 1 }", 1, 3, 'expected a name in double quotes or }'],
  ['[1, 01]', 1, 5, 'expected a value'],
  ['[\n]]', 2, 2, 'expected the end'],
])('%j is wrong in line %i, column %i: %s', (text, line, column, why) => {
  expect(jsonProblem(text)).toEqual({ line, column, text: why })
})

test('a payload keeps the digits of its numbers and the blanks of its texts', () => {
  expect(compactPayload('{ "n": 12345678901234567890.10,\n "t": "a  \\" b" }')).toBe(
    '{"n":12345678901234567890.10,"t":"a  \\" b"}',
  )
})

test('a payload that is too large, or no JSON, is refused as at enqueue', () => {
  expect(() => compactPayload(`"${'x'.repeat(262_143)}"`)).toThrow(/262145 bytes, the limit is 262144/)
  expect(() => compactPayload('{\n"a" }')).toThrow('the payload is no JSON: line 2, column 5: expected a :')
})

test('an edit changes the payload and nothing else', () => {
  const noKey = (): never => expect.unreachable()
  const task = { type: 'mail', priority: 'high', maxRetries: 2, idempotencyKey: 'k', contentHash: 7 } as const
  const shown = editableOf(encodeEnvelope({ ...task, payloadJson: '{"to":1}' }), noKey)
  expect(shown).toMatchObject({ type: 'mail', payloadJson: '{"to":1}' })
  expect(withPayload(shown, '{"to":2}', noKey)).toBe(encodeEnvelope({ ...task, payloadJson: '{"to":2}' }))
  expect(() => editableOf('rubbish', noKey)).toThrow('this task cannot be edited: not an envelope')
})
