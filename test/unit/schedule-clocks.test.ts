import { describe, expect, it } from 'vitest'
import { slotsOf } from '../../src/core/schedule.ts'
import { decodeRuns } from '../../src/core/schedule-runs.ts'
import { stepsOf } from '../../src/core/schedule-plan.ts'
import type { ScheduleDefinition } from '../../src/core/schedules.ts'
import type { MissedPolicy } from '../../src/core/task.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number | undefined): string => (ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 16))
const MINUTE = 60_000

/** Both changes of clocks of 2025 in two zones: the night, a time that is left out, and one that comes twice. */
const ZONES = [
  {
    timeZone: 'Europe/Berlin',
    spring: { spec: '30 2 * * *', from: '2025-03-29T12:00Z', slots: ['2025-03-30T01:30', '2025-03-31T00:30'] },
    autumn: { spec: '30 2 * * *', from: '2025-10-25T12:00Z', slots: ['2025-10-26T00:30', '2025-10-27T01:30'] },
    hourly: { spring: '2025-03-30T00:00Z', autumn: '2025-10-26T00:00Z' },
  },
  {
    timeZone: 'America/New_York',
    spring: { spec: '30 2 * * *', from: '2025-03-08T12:00Z', slots: ['2025-03-09T07:30', '2025-03-10T06:30'] },
    autumn: { spec: '30 1 * * *', from: '2025-11-01T12:00Z', slots: ['2025-11-02T05:30', '2025-11-03T06:30'] },
    hourly: { spring: '2025-03-09T06:00Z', autumn: '2025-11-02T05:00Z' },
  },
] as const

const scheduleAt = (spec: string, timeZone: string, missed: MissedPolicy): ScheduleDefinition => ({
  name: 's',
  spec,
  timeZone,
  type: 'mail',
  queue: 'default',
  priority: 'default',
  payload: null,
  createdAtMs: 0,
  startMs: undefined,
  endMs: undefined,
  enabled: true,
  missed,
  overlap: 'allow',
  jitterMs: 0,
  source: undefined,
})

/** What somebody finds who fires one minute after each of two nights, or only after the second one. */
const runsOf = (schedule: ScheduleDefinition, cursorMs: number, nowMs: number): string[] =>
  stepsOf(schedule, decodeRuns(null), cursorMs, nowMs).flatMap(({ run }) => (run === undefined ? [] : iso(Number(run))))

describe.each(ZONES)('in $timeZone', ({ timeZone, spring, autumn, hourly }) => {
  it.each([
    ['that does not exist runs as much later as the clocks jumped', spring],
    ['that exists twice runs once, the first time', autumn],
  ] as const)('a time %s', (_, { spec, from, slots }) => {
    const next = slotsOf({ spec, timeZone, createdAtMs: 0 })
    const first = next(at(from))!
    expect([iso(first), iso(next(first))]).toEqual(slots)
  })

  it.each([spring, autumn])('the slots of $from are the same, whenever somebody asks', ({ spec, from, slots }) => {
    const next = slotsOf({ spec, timeZone, createdAtMs: 0 })
    for (let nowMs = at(from); nowMs < at(`${slots[1]}Z`); nowMs += MINUTE)
      expect(iso(next(nowMs))).toBe(nowMs < at(`${slots[0]}Z`) ? slots[0] : slots[1])
  })

  it.each([spring, autumn])('each missed policy keeps to them in the night of $from', ({ spec, from, slots }) => {
    const [first, second] = slots.map((slot) => at(`${slot}Z`)) as [number, number]
    const cursor = slotsOf({ spec, timeZone, createdAtMs: 0 })(at(from))!
    const late = second + 30 * MINUTE
    expect(runsOf(scheduleAt(spec, timeZone, 'once'), cursor, first + 1_000)).toEqual([slots[0]])
    expect(runsOf(scheduleAt(spec, timeZone, 'once'), cursor, late)).toEqual([slots[1]])
    expect(runsOf(scheduleAt(spec, timeZone, 'skip'), cursor, second + 1_000)).toEqual([slots[1]])
    expect(runsOf(scheduleAt(spec, timeZone, 'skip'), cursor, late)).toEqual([])
    expect(runsOf(scheduleAt(spec, timeZone, 'all'), cursor, late)).toEqual(slots)
  })

  it.each(['spring', 'autumn'] as const)('what runs every hour goes on as time does in %s', (season) => {
    const next = slotsOf({ spec: '30 * * * *', timeZone, createdAtMs: 0 })
    let slotMs = at(hourly[season])
    for (let hour = 0; hour < 6; hour++) {
      const following = next(slotMs)!
      expect(following - at(hourly[season])).toBe(hour * 60 * MINUTE + 30 * MINUTE)
      slotMs = following
    }
  })
})

it('times that are left out and those that follow them are one order', () => {
  const next = slotsOf({ spec: '0,45 2,3 * * *', timeZone: 'Europe/Berlin', createdAtMs: 0 })
  const slots: string[] = []
  for (let slotMs = next(at('2025-03-30T00:00Z'))!; slots.length < 3; slotMs = next(slotMs)!) slots.push(iso(slotMs))
  expect(slots).toEqual(['2025-03-30T01:00', '2025-03-30T01:45', '2025-03-31T00:00'])
})
