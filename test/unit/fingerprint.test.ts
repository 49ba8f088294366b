import { describe, expect, it } from 'vitest'
import { fingerprint, type FailureShape, normalised } from '../../src/core/fingerprint.ts'

const stackAt = (place: string): string =>
  `Error: no\n    at node:internal/process\n    at ${place}\n    at main (/app/a.ts:1:1)`
const failure: FailureShape = {
  type: 'email',
  reason: 'error',
  message: 'SMTP 421 for anna@example.com after 30.5 s',
  stack: stackAt('async send (/srv/app-1/mail/send.ts:12:34)'),
}

describe('the fingerprint of a failure', () => {
  it.each<[string, Partial<FailureShape>]>([
    ['numbers and addresses', { message: 'SMTP 421 for bob@example.org after 7 s' }],
    ['the line it was thrown at', { stack: stackAt('async send (/srv/app-1/mail/send.ts:99:1)') }],
    ['the folder of its file', { stack: stackAt('send (/srv/app-2/mail/send.ts:12:34)') }],
    ['what follows its first line', { message: `${failure.message}\nmore of it` }],
  ])('is the same whatever %s', (_, changes) => {
    expect(fingerprint({ ...failure, ...changes })).toBe(fingerprint(failure))
  })

  it.each<[string, Partial<FailureShape>]>([
    ['type', { type: 'report' }],
    ['reason', { reason: 'timeout' }],
    ['words', { message: 'SMTP 421 to anna@example.com after 30 s' }],
    ['function', { stack: stackAt('connect (/srv/app-1/mail/send.ts:12:34)') }],
    ['file', { stack: stackAt('send (/srv/app-1/mail/queue.ts:12:34)') }],
  ])('tells failures of another %s apart', (_, changes) => {
    expect(fingerprint({ ...failure, ...changes })).not.toBe(fingerprint(failure))
  })

  it('is ten hexadecimal digits, whatever it is given', () => {
    expect(fingerprint({ type: '', reason: '', message: '\u0000'.repeat(9_000), stack: undefined })).toMatch(
      /^[0-9a-f]{10}$/,
    )
  })
})

describe('the fingerprint of a failure whose message is an attack', () => {
  it('costs no more than its beginning', () => {
    const message = `bad input: \n at ${'a'.repeat(400_000)}`
    const { stack } = new Error(message)
    const beganAt = performance.now()
    expect(fingerprint({ ...failure, message, stack })).toMatch(/^[0-9a-f]{10}$/)
    // It took minutes when its cost was that of its square.
    expect(performance.now() - beganAt).toBeLessThan(5_000)
  })

  it('does not take a line of the message for a frame', () => {
    const forged = 'no\n    at evil (/x/evil.ts:1:1)'
    const stack = `Error: ${forged}\n    at send (/srv/mail.ts:1:2)`
    const other = `Error: ${forged}\n    at draw (/srv/view.ts:1:2)`
    expect(fingerprint({ ...failure, message: forged, stack })).not.toBe(
      fingerprint({ ...failure, message: forged, stack: other }),
    )
  })
})

describe('a message without what differs', () => {
  it.each([
    ['user 123 has no row 4.5.6', 'user # has no row #'],
    ['no such key "orders:17" in \'map\'', 'no such key "…" in "…"'],
    ['task 01J9ZK4QW8N3H2M7F0ABCDEFGH is gone', 'task ID is gone'],
    ['6f1c2d3e-1234-4abc-9def-0123456789ab failed', 'ID failed'],
    ['commit deadbee1 is not decade', 'commit ID is not decade'],
    ['GET https://api.example.com/v1/users/5 gave  500', 'GET URL gave #'],
  ])('%s → %s', (message, expected) => {
    expect(normalised(message)).toBe(expected)
  })
})
