import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { DqError } from '../../src/core/errors.ts'
import { parseFilter } from '../../src/core/filter/filter.ts'
import { compilePattern } from '../../src/core/filter/pattern.ts'
import type { TaskInfo } from '../../src/core/task.ts'

const NOW_MS = 1_700_000_000_000

const task: TaskInfo = {
  id: '01J9ZK4QW8',
  type: 'email.send',
  queue: 'high',
  priority: 'default',
  state: 'dead',
  attempt: 4,
  maxRetries: 3,
  payload: { user: { id: 123, 'Full Name': 'Anna' }, tags: ['a', 'b'], to: 'anna@example.com' },
  payloadBytes: 812,
  createdAtMs: NOW_MS - 7_200_000,
  runAtMs: undefined,
  startedAtMs: NOW_MS - 60_000,
  finishedAtMs: NOW_MS - 1_800_000,
  worker: 'wrk-a-01',
  leaseExpiresAtMs: undefined,
  deadlineAtMs: undefined,
  cancelRequested: false,
  progress: undefined,
  idempotencyKey: undefined,
  error: {
    attempt: 4,
    atMs: NOW_MS - 1_800_000,
    worker: 'wrk-a-01',
    reason: 'error',
    message: 'SMTP 421 4.7.0 Timeout after 30s',
    stack: undefined,
  },
  attempts: [],
  result: undefined,
}

const matches = (text: string, of: TaskInfo = task): boolean => parseFilter(text).matches(of, NOW_MS)

describe('a filter', () => {
  it.each([
    '',
    '  ',
    'type:email.send',
    'TYPE:Email.Send',
    'type:report,email.send',
    'type:email*',
    'queue:high priority:default state:dead',
    'worker:wrk-a*',
    'err~timeout',
    'err~"421|425"',
    'error~"^SMTP*30s$"',
    'reason:error',
    'attempts>=3 attempts<5 attempts:4',
    'age<1h age>=30m',
    'bytes>800',
    'id:01j9*',
    'payload.user.id:123',
    'payload.tags.1:b',
    '"payload.user.Full Name:anna"',
    'payload.to~@example',
    '!queue:low',
    '!err~refused',
    'smtp',
    'email wrk-a',
    '"421 4.7"',
    '!nothing',
  ])('%s matches', (text) => {
    expect(matches(text)).toBe(true)
  })

  it.each([
    'type:email',
    'type:mail.send,report',
    'queue:high queue:low',
    'err~refused',
    'attempts>4',
    'age<30m',
    'payload.user.id:12',
    'payload.user.name:anna',
    'payload.constructor.name:Object',
    '!type:email*',
    'reports',
  ])('%s does not match', (text) => {
    expect(matches(text)).toBe(false)
  })

  it('matches nothing of what a task does not have, and its opposite everything', () => {
    const { worker: _, error: __, ...rest } = task
    const fresh: TaskInfo = { ...rest, worker: undefined, error: undefined }
    expect(matches('worker:*', fresh)).toBe(false)
    expect(matches('!worker:*', fresh)).toBe(true)
  })

  it.each([
    ['tpye:email', "filter word 'tpye:email' names no field", 'did you mean type?'],
    ['attempts~3', "filter word 'attempts~3' compares a number", '<='],
    ['attempts>=many', 'needs a number', 'attempts>=3'],
    ['age<soon', "'soon' is not a duration", '1m30s'],
    ['type>3', 'compares a text', '~'],
    ['type:', 'has nothing after its field', 'type:'],
    ['!', 'is empty', '!'],
    ['err~"timeout', 'a quote of the filter is not closed', '"'],
    [`x${'y'.repeat(300)}`, 'is longer than 256', 'characters'],
    ['x '.repeat(1_500), 'is too long', '2000'],
  ])('%s is refused, naming the word and the remedy', (text, problem, remedy) => {
    expect(() => parseFilter(text)).toThrow(problem)
    expect(() => parseFilter(text)).toThrow(remedy)
  })
})

describe('a pattern', () => {
  test('covers a whole text only when it is told to', () => {
    expect(compilePattern('b')('abc')).toBe(true)
    expect(compilePattern('b', true)('abc')).toBe(false)
    expect(compilePattern('a*c', true)('abc')).toBe(true)
    expect(compilePattern('a*b', true)('abc')).toBe(false)
    expect(compilePattern('^ab*b$')('ab')).toBe(false)
  })

  test('finds what a search would find', () => {
    const text = fc.string({ maxLength: 20 }).map((one) => one.toLowerCase().replaceAll(/[*|^$]/g, ''))
    fc.assert(
      fc.property(text, text, (needle, hay) => {
        expect(compilePattern(needle)(hay)).toBe(hay.includes(needle))
        expect(compilePattern(needle, true)(hay)).toBe(hay === needle)
        expect(compilePattern(`${needle}*`, true)(hay)).toBe(hay.startsWith(needle))
        expect(compilePattern(`*${needle}`, true)(hay)).toBe(hay.endsWith(needle))
      }),
    )
  })

  test('of many stars on a long text ends soon', () => {
    const matcher = compilePattern(`${'a*'.repeat(120)}b`)
    expect(matcher('a'.repeat(100_000))).toBe(false)
  })
})

/** Whether it matches, or the code with which it is refused. */
function verdict(text: string): unknown {
  try {
    return matches(text)
  } catch (error) {
    return (error as DqError).code
  }
}

test('any text is a filter or is refused as bad input', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      expect([true, false, 'invalid_input']).toContain(verdict(text))
    }),
  )
})
