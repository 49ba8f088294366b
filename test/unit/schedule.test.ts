import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { parseSpec, type Rhythm, scheduleName, slotsOf } from '../../src/core/schedule.ts'
import { NAME } from '../../src/core/keys.ts'

const at = (text: string): number => Date.parse(text)
const next = (spec: string, after: string, options: Partial<Rhythm> = {}): string => {
  const slotMs = slotsOf({ spec, timeZone: 'UTC', createdAtMs: 0, ...options })(at(after))
  return slotMs === undefined ? 'never' : new Date(slotMs).toISOString()
}

function series(spec: string, after: string, count: number, options: Partial<Rhythm> = {}): string[] {
  const found = [next(spec, after, options)]
  while (found.length < count) found.push(next(spec, found.at(-1)!, options))
  return found
}

function problemOf(act: () => unknown): DqError {
  try {
    act()
  } catch (error) {
    if (error instanceof DqError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('the next run of a cron expression', () => {
  it('is the next matching minute, after the given time', () => {
    expect(next('*/5 * * * *', '2026-03-01T10:02:30.500Z')).toBe('2026-03-01T10:05:00.000Z')
  })

  it('is never the given time itself', () => {
    expect(next('*/5 * * * *', '2026-03-01T10:05:00Z')).toBe('2026-03-01T10:10:00.000Z')
  })

  it('takes seconds as a sixth field in front', () => {
    expect(series('*/20 * * * * *', '2026-03-01T10:00:01Z', 3)).toEqual([
      '2026-03-01T10:00:20.000Z',
      '2026-03-01T10:00:40.000Z',
      '2026-03-01T10:01:00.000Z',
    ])
  })

  it.each([
    ['@hourly', '2026-03-04T11:00:00.000Z'],
    ['@daily', '2026-03-05T00:00:00.000Z'],
    ['@midnight', '2026-03-05T00:00:00.000Z'],
    ['@weekly', '2026-03-08T00:00:00.000Z'],
    ['@monthly', '2026-04-01T00:00:00.000Z'],
    ['@yearly', '2027-01-01T00:00:00.000Z'],
    ['@annually', '2027-01-01T00:00:00.000Z'],
  ])('%s is %s', (spec, expected) => {
    expect(next(spec, '2026-03-04T10:30:00Z')).toBe(expected)
  })

  it('follows the local time of its zone', () => {
    expect(next('0 9 * * *', '2026-01-15T12:00:00Z', { timeZone: 'Europe/Berlin' })).toBe('2026-01-16T08:00:00.000Z')
    expect(next('0 9 * * *', '2026-07-15T12:00:00Z', { timeZone: 'Europe/Berlin' })).toBe('2026-07-16T07:00:00.000Z')
  })

  it('is the same on every machine for an H field', () => {
    expect(next('H * * * *', '2026-03-01T10:00:00Z')).toBe(next('H * * * *', '2026-03-01T10:00:00Z'))
  })
})

describe('@every', () => {
  const createdAtMs = at('2026-03-01T10:00:10.250Z')

  it('counts from when the schedule was made, whoever asks and whenever', () => {
    expect(series('@every 1m30s', '2026-03-01T10:00:10.250Z', 3, { createdAtMs })).toEqual([
      '2026-03-01T10:01:40.250Z',
      '2026-03-01T10:03:10.250Z',
      '2026-03-01T10:04:40.250Z',
    ])
    expect(next('@every 1m30s', '2026-03-01T10:03:09Z', { createdAtMs })).toBe('2026-03-01T10:03:10.250Z')
  })

  it('skips what was missed', () => {
    expect(next('@every 1m', '2026-03-02T00:00:00Z', { createdAtMs })).toBe('2026-03-02T00:00:10.250Z')
  })

  it('first runs one interval after it was made, even for a clock that is behind', () => {
    expect(next('@every 1m', '2026-03-01T09:00:00Z', { createdAtMs })).toBe('2026-03-01T10:01:10.250Z')
  })

  it('counts from its start, and runs there first', () => {
    const startMs = at('2026-03-02T09:00:00Z')
    expect(series('@every 1h', '2026-03-01T10:00:00Z', 2, { createdAtMs, startMs })).toEqual([
      '2026-03-02T09:00:00.000Z',
      '2026-03-02T10:00:00.000Z',
    ])
    expect(next('@every 1h', '2026-03-02T11:30:00Z', { createdAtMs, startMs })).toBe('2026-03-02T12:00:00.000Z')
  })
})

describe('start and end', () => {
  const bounds = { startMs: at('2026-03-02T09:00:00Z'), endMs: at('2026-03-02T11:00:00Z') }

  it('hold every slot between them, themselves among these', () => {
    expect(series('0 * * * *', '2026-03-01T00:00:00Z', 3, bounds)).toEqual([
      '2026-03-02T09:00:00.000Z',
      '2026-03-02T10:00:00.000Z',
      '2026-03-02T11:00:00.000Z',
    ])
    expect(next('0 * * * *', '2026-03-02T11:00:00Z', bounds)).toBe('never')
    expect(next('@every 90m', '2026-03-02T10:30:00Z', bounds)).toBe('never')
  })
})

describe('a spec that is none', () => {
  it.each([
    ['', 'it has 0 fields'],
    ['* * *', 'it has 3 fields'],
    ['* * * * * * *', 'it has 7 fields'],
    ['60 * * * *', '0-59'],
    ['0 0 30 2 *', 'day of month'],
    ['a b c d e', 'a b c d e'],
    ['@reboot', 'no such name'],
    ['@every 5', 'no unit'],
    ['@every 500ms', 'shortest interval is 1s'],
    ['@every soon', 'soon'],
    ['@every', 'no such name'],
  ])("'%s' is refused, saying %s", (spec, reason) => {
    const problem = problemOf(() => parseSpec(spec))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(reason)
  })

  it('names the zone that is not one', () => {
    const problem = problemOf(() => next('@daily', '2026-03-01T00:00:00Z', { timeZone: 'Mars/Olympus' }))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain('Mars/Olympus')
    expect(problem.details).toEqual(['time_zone'])
  })
})

describe('the name of a schedule', () => {
  const of = { spec: '@every 1m', type: 'email', payload: { to: 'a' }, queue: 'default' }

  it('is the same for the same request, and a name', () => {
    expect(scheduleName({ ...of })).toBe(scheduleName({ ...of, payload: { to: 'a' }, spec: ' @every 1m ' }))
    expect(scheduleName(of)).toMatch(NAME)
  })

  it.each([{ spec: '@every 2m' }, { type: 'sms' }, { payload: { to: 'b' } }, { queue: 'other' }])(
    'is another one with %o',
    (change) => {
      expect(scheduleName({ ...of, ...change })).not.toBe(scheduleName(of))
    },
  )
})
