import { describe, expect, it } from 'vitest'
import { definitionOf, type NewSchedule } from '../../src/core/schedule-definition.ts'
import { dueOf, type Step, stepsOf, taskOf } from '../../src/core/schedule-plan.ts'
import type { ScheduleDefinition } from '../../src/core/schedules.ts'

const NOON = Date.parse('2026-03-01T12:00:00Z')
const SECOND = 1_000
const MINUTE = 60_000

const schedule = (given: Partial<NewSchedule> = {}): ScheduleDefinition =>
  definitionOf({ name: 's', spec: '@every 1m', type: 'mail', ...given }, NOON)

/** Slots as whole intervals after noon. */
function steps(given: Partial<NewSchedule>, cursor: number, now: number, waiting = '', unit = MINUTE) {
  const short = ({ run, nextMs, passed }: Step) =>
    [
      run === undefined ? 'nothing' : `run ${run.startsWith('t') ? run : (Number(run) - NOON) / unit}`,
      `then ${nextMs === undefined ? 'none' : (nextMs - NOON) / unit}`,
      ...(passed === undefined ? [] : [`${passed.count} ${passed.why} from ${(passed.firstMs - NOON) / unit}`]),
    ].join(', ')
  return stepsOf(schedule(given), { waiting }, NOON + cursor * unit, NOON + now * unit).map(short)
}

describe('a slot that is due', () => {
  it.each(['once', 'skip', 'all'] as const)('runs with missed %s, and the next one follows', (missed) => {
    expect(steps({ missed }, 1, 1.1)).toEqual(['run 1, then 2'])
  })

  it('is the last one when the schedule ends before the next', () => {
    expect(steps({ end: NOON + 90 * SECOND }, 1, 1.1)).toEqual(['run 1, then none'])
  })
})

describe('slots that nobody fired', () => {
  it('run as one with missed once: the newest', () => {
    expect(steps({}, 1, 5.5)).toEqual(['run 5, then 6, 4 missed from 1'])
    expect(steps({ spec: '* * * * *' }, 1, 5.5)).toEqual(['run 5, then 6, 4 missed from 1'])
  })

  it('pass with missed skip, but for one that has just come', () => {
    expect(steps({ missed: 'skip' }, 1, 5.5)).toEqual(['nothing, then 6, 5 missed from 1'])
    expect(steps({ missed: 'skip' }, 1, 5.1)).toEqual(['run 5, then 6, 4 missed from 1'])
  })

  it('each run with missed all, in their order', () => {
    expect(steps({ missed: 'all' }, 1, 3.5)).toEqual(['run 1, then 2', 'run 2, then 3', 'run 3, then 4'])
    expect(steps({ missed: 'all', spec: '* * * * *' }, 1, 2.5)).toEqual(['run 1, then 2', 'run 2, then 3'])
  })

  it.each(['@every 1s', '* * * * * *'])('of %s are caught up to the newest 1,000, the others counted', (spec) => {
    const all = steps({ missed: 'all', spec }, 1, 3_000.5, '', SECOND)
    expect(all).toHaveLength(1_000)
    expect(all[0]).toBe('run 2001, then 2002, 2000 missed from 1')
    expect(all.at(-1)).toBe('run 3000, then 3001')
  })

  it('are counted up to 5,000 where each has to be looked at; the newest is found all the same', () => {
    const day = 86_400
    expect(steps({ spec: '* * * * * *' }, 1, day + 0.5, '', SECOND)).toEqual([
      `run ${day}, then ${day + 1}, 4999 missed from 1`,
    ])
    expect(steps({ spec: '@every 1s' }, 1, day + 0.5, '', SECOND)).toEqual([
      `run ${day}, then ${day + 1}, ${day - 1} missed from 1`,
    ])
  })

  it('end where the schedule ends', () => {
    const end = NOON + 3 * MINUTE
    expect(steps({ end, missed: 'all' }, 2, 9)).toEqual(['run 2, then 3', 'run 3, then none'])
    expect(steps({ end }, 2, 9)).toEqual(['run 3, then none, 1 missed from 2'])
  })
})

describe('a run that waits for the one before', () => {
  it('goes first; the slots that came meanwhile pass', () => {
    expect(steps({ overlap: 'queue' }, 9, 4.5, String(NOON + MINUTE))).toEqual(['run 1, then 5, 3 overlap from 2'])
    expect(steps({ overlap: 'queue' }, 9, 1.5, String(NOON + MINUTE))).toEqual(['run 1, then 2'])
  })

  it('may be a trigger, of a schedule that is disabled too', () => {
    const run = `t${NOON + 1.5 * MINUTE}`
    expect(steps({ overlap: 'queue' }, 9, 3.5, run)).toEqual([`run ${run}, then 4, 2 overlap from 2`])
    expect(steps({ overlap: 'queue', enabled: false }, 9, 3.5, run)).toEqual([`run ${run}, then none`])
  })
})

describe('jitter', () => {
  const jittered = schedule({ jitter: '30s' })

  it('is the same for everybody, never before the slot, and within its bound', () => {
    const delays = Array.from({ length: 200 }, (_, i) => dueOf(jittered, NOON + i * MINUTE) - (NOON + i * MINUTE))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThan(30 * SECOND)
    expect(new Set(delays).size).toBeGreaterThan(150)
    expect(dueOf({ ...jittered }, NOON)).toBe(dueOf(jittered, NOON))
    expect(dueOf({ ...jittered, name: 't' }, NOON)).not.toBe(dueOf(jittered, NOON))
  })

  it('moves no trigger, and no slot of a schedule that has none', () => {
    expect(taskOf(jittered, `t${NOON}`).dueMs).toBe(NOON)
    expect(taskOf(schedule(), String(NOON)).dueMs).toBe(NOON)
  })
})

it('two daemons make the same task of a slot', () => {
  expect(taskOf(schedule({ payload: { a: 1 } }), String(NOON))).toEqual(
    taskOf(schedule({ payload: { a: 1 } }), String(NOON)),
  )
  expect(taskOf(schedule(), String(NOON)).task.id).toBe(`s:${NOON}`)
})
