import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { definitionOf, defineSchedule, type NewSchedule } from '../../src/core/schedule-definition.ts'
import { haveSameSlots, revisionOf } from '../../src/core/schedules.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const good = { name: 's', spec: '@every 1m', type: 'mail' }

function refusal(given: object): DqError {
  try {
    definitionOf({ ...good, ...given }, NOW)
  } catch (error) {
    if (error instanceof DqError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('a schedule is refused, with the field and the remedy, when', () => {
  it.each([
    [{ spec: '0 0 30 2 *' }, 'spec', /day of month/],
    [{ spec: undefined }, 'spec', /is missing; write/],
    [{ spec: '@every 900ms' }, 'spec', /shortest interval is 1s/],
    [{ timeZone: 'Mars/Olympus' }, 'time_zone', /write one such as UTC/],
    [{ start: '2026-04-01T00:00:00Z', end: '2026-03-31T00:00:00Z' }, 'end', /lies before the start/],
    [{ spec: '0 0 1 * *', start: '2026-04-02T00:00:00Z', end: '2026-04-20T00:00:00Z' }, 'end', /no run lies between/],
    [{ start: 'soon' }, 'start', /write RFC 3339/],
    [{ end: -1 }, 'end', /is no time/],
    [{ jitter: -5 }, 'jitter', /0 or more/],
    [{ jitter: 'a bit' }, 'jitter', /write 500ms/],
    [{ jitter: '2m' }, 'jitter', /longer than the shortest interval between runs, 60000 ms/],
    [{ spec: '0 9,10 * * 1', jitter: '90m' }, 'jitter', /3600000 ms/],
    [{ missed: 'never' }, 'missed', /once, skip, all/],
    [{ overlap: 'replace' }, 'overlap', /allow, skip, queue/],
    [{ enabled: 'yes' }, 'enabled', /true or false/],
    [{ priority: 'urgent' }, 'priority', /high, default, low/],
    [{ name: 'a b' }, 'name', /1 to 64/],
    [{ type: '' }, 'type', /1 to 64/],
    [{ queue: '-' }, 'queue', /1 to 64/],
  ])('%o', (given, field, says) => {
    const error = refusal(given)
    expect(error.code).toBe('invalid_input')
    expect(error.details).toEqual([field])
    expect(error.message).toMatch(says)
  })

  it.each(['skip', 'queue'])('every slot is to run and some are to pass: missed all, overlap %s', (overlap) => {
    const error = refusal({ missed: 'all', overlap })
    expect(error.details).toEqual(['missed', 'overlap'])
    expect(error.message).toMatch(/use missed 'once', or overlap 'allow'/)
  })
})

it('what is not said has its default', () => {
  expect(definitionOf(good, NOW)).toEqual({
    name: 's',
    spec: '@every 1m',
    timeZone: 'UTC',
    type: 'mail',
    queue: 'default',
    priority: 'default',
    payload: null,
    createdAtMs: NOW,
    startMs: undefined,
    endMs: undefined,
    enabled: true,
    missed: 'once',
    overlap: 'allow',
    jitterMs: 0,
    source: undefined,
  })
})

it('a jitter of the whole interval is the longest', () => {
  expect(definitionOf({ ...good, jitter: '1m' }, NOW).jitterMs).toBe(60_000)
})

it('a schedule declared in code is checked where it is written', () => {
  expect(defineSchedule({ ...good, missed: 'skip' })).toEqual({ ...good, missed: 'skip' })
  expect(() => defineSchedule({ ...good, jitter: '2m' })).toThrow(/jitter/)
})

describe('the revision of a definition', () => {
  const revision = (given: Partial<NewSchedule>): string => revisionOf(definitionOf({ ...good, ...given }, NOW))

  it.each([
    { payload: 1 },
    { type: 'sms' },
    { priority: 'high' },
    { missed: 'skip' },
    { overlap: 'skip' },
    { jitter: 5 },
  ] as const)('changes with %o, which leaves its slots', (given) => {
    expect(revision(given)).not.toBe(revision({}))
    expect(haveSameSlots(revision(given), revision({}))).toBe(true)
  })

  it.each([
    { spec: '@every 2m' },
    { timeZone: 'Europe/Berlin' },
    { start: NOW },
    { end: NOW + 1e9 },
    { enabled: false },
  ])('changes with %o, and so do its slots', (given) => {
    expect(haveSameSlots(revision(given), revision({}))).toBe(false)
  })

  it('says nothing of the queue: a schedule that moves keeps its slots', () => {
    expect(revision({ queue: 'other' })).toBe(revision({}))
  })
})
