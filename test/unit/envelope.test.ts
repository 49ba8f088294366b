import { expect, test } from 'vitest'
import { contentHash, decodeEnvelope, encodeEnvelope, plainEnvelope, sha1 } from '../../src/core/envelope.ts'

const base = { type: 'mail', priority: 'default', payloadJson: '{"to":1}' } as const

test('a task without options is a header, an empty line, and its payload', () => {
  expect(encodeEnvelope(base)).toBe('d|mail\n\n{"to":1}')
  expect(plainEnvelope('mail', 'default', '{"to":1}')).toBe(encodeEnvelope(base))
})

test('the header carries what scripts read, the second line the rest', () => {
  const text = encodeEnvelope({
    ...base,
    priority: 'high',
    idempotencyKey: 'key',
    idempotencyTtlMs: 1_500,
    contentHash: 77,
    timeoutMs: 9_000,
    maxRetries: 0,
    createdAtMs: 1,
    runAtMs: 2,
    resultTtlMs: 0,
    traceparent: 'trace',
  })
  expect(text.split('\n')).toEqual([
    `hx|mail|i=${sha1('key')}|k=2|h=77|t=9000`,
    '{"c":1,"u":2,"r":0,"t":9000,"k":0,"p":"trace","i":"key"}',
    '{"to":1}',
  ])
  expect(decodeEnvelope(text)).toEqual({
    ...base,
    priority: 'high',
    createdAtMs: 1,
    runAtMs: 2,
    maxRetries: 0,
    timeoutMs: 9_000,
    resultTtlMs: 0,
    traceparent: 'trace',
    idempotencyKey: 'key',
    extras: `i=${sha1('key')}|k=2|h=77|t=9000`,
    malformed: undefined,
  })
})

test('the life of an idempotency key is noted only where there is one, or a chosen id', () => {
  expect(encodeEnvelope({ ...base, idempotencyTtlMs: 5_000 })).toBe('d|mail\n\n{"to":1}')
  expect(encodeEnvelope({ ...base, idempotencyTtlMs: 5_000, contentHash: 1 })).toContain('dx|mail|k=5|h=1\n')
})

test('the payload may hold line breaks and bars', () => {
  const payloadJson = '"a|b\n\nc"'
  expect(decodeEnvelope(encodeEnvelope({ ...base, payloadJson, timeoutMs: 1 })).payloadJson).toBe(payloadJson)
})

test.each([
  ['', 'not an envelope'],
  ['d|mail', 'not an envelope'],
  ['d|mail\n{}', 'not an envelope'],
  ['q|mail\n\n1', 'unknown header'],
  ['d|ma il\n\n1', 'unknown header'],
  ['d|\n\n1', 'unknown header'],
  ['\n\n1', 'unknown header'],
  ['d|mail\n{"c":\n1', 'broken options'],
  ['d|mail\nnull\n1', 'broken options'],
  ['d|mail\n7\n1', 'broken options'],
  ['d|mail\n{"t":"soon"}\n1', 'broken options'],
  ['d|mail\n{"i":5}\n1', 'broken options'],
])('foreign content %j comes back whole, as malformed', (text, why) => {
  expect(decodeEnvelope(text)).toMatchObject({ type: 'malformed', payloadJson: text, malformed: why })
})

test('the hash of what a task is leaves out time and trace, and nothing else', () => {
  const hash = contentHash(base)
  expect(hash).toBeGreaterThanOrEqual(0)
  expect(hash).toBeLessThan(2 ** 20)
  expect(contentHash({ ...base, createdAtMs: 1, runAtMs: 2, traceparent: 'x' })).toBe(hash)
  const others = [
    { ...base, type: 'pdf' },
    { ...base, priority: 'low' as const },
    { ...base, payloadJson: '2' },
    { ...base, maxRetries: 1 },
    { ...base, timeoutMs: 1 },
    { ...base, idempotencyKey: 'k' },
  ]
  for (const other of others) expect(contentHash(other)).not.toBe(hash)
})
