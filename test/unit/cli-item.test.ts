import { describe, expect, it } from 'vitest'
import { parseItem, parseJson } from '../../src/cli/item.ts'

const line = (value: unknown): string => JSON.stringify(value)

describe('a task on a line', () => {
  it('takes options in snake and in camel case', () => {
    const snake = {
      type: 't',
      payload: 1,
      max_retries: 2,
      idempotency_key: 'k',
      timeout_ms: 5,
      run_at: '2030-01-01T00:00:00Z',
    }
    const camel = {
      type: 't',
      payload: 1,
      maxRetries: 2,
      idempotencyKey: 'k',
      timeoutMs: 5,
      runAt: '2030-01-01T00:00:00Z',
    }
    const item = {
      type: 't',
      payload: 1,
      maxRetries: 2,
      idempotencyKey: 'k',
      timeout: 5,
      runAt: '2030-01-01T00:00:00Z',
    }
    expect(parseItem(line(snake), {})).toEqual(item)
    expect(parseItem(line(camel), {})).toEqual(item)
  })

  it('goes before the options of the command', () => {
    const item = parseItem(line({ type: 't', queue: 'own' }), { queue: 'all', priority: 'high' })
    expect(item).toEqual({ type: 't', payload: undefined, queue: 'own', priority: 'high' })
  })

  it('that says when it runs is free of the time of the command', () => {
    expect(parseItem(line({ type: 't', delay_ms: 5 }), { runAt: 9 })).toEqual({
      type: 't',
      payload: undefined,
      delay: 5,
    })
    expect(parseItem(line({ type: 't' }), { runAt: 9 })).toEqual({ type: 't', payload: undefined, runAt: 9 })
  })

  it('counts null as not given', () => {
    expect(parseItem(line({ type: 't', queue: null }), {})).toEqual({ type: 't', payload: undefined })
  })

  it.each([
    ['{"type": ', 'the line is not JSON'],
    ['[1]', 'the line is no object'],
    ['null', 'the line is no object'],
    ['{"payload": 1}', 'type is missing'],
    ['{"type": 5}', 'type is missing'],
    ['{"type": "t", "prio": "high"}', 'unknown option prio; did you mean priority?'],
    ['{"type": "t", "constructor": 1}', 'unknown option constructor'],
    ['{"type": "t", "__proto__": {"queue": "x"}}', 'unknown option __proto__'],
    ['{"type": "t", "delay": "1s", "delay_ms": 5}', 'delay_ms and another option say the same'],
  ])('is refused: %s', (text, message) => {
    expect(() => parseItem(text, {})).toThrow(message)
  })

  it('is never part of a message', () => {
    expect(() => parseJson('{"secret": "hunter2", oops}', 'the payload')).toThrow(
      /^the payload is not JSON at character 23$/,
    )
    expect(() => parseJson('hunter2', 'the payload')).toThrow(/^the payload is not JSON$/)
  })
})
