import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderTable, summarize, type Turn } from '../../bench/report.ts'
import { ROOT, spawnNode } from '../helpers/process.ts'

const RUN = join(ROOT, 'bench', 'run.ts')

/** Rounds of one case, as `{ subject: [figure of the first round, …] }`. */
const turnsOf = (key: string, figures: Readonly<Record<string, readonly number[]>>): Turn[] =>
  Object.entries(figures).flatMap(([subject, values]) =>
    values.map((value, round) => ({ round, case: 'cycle', subject, figures: { [key]: value } }) as Turn),
  )

describe('the report of the bench', () => {
  it('compares within a round, so that a slow round does not count for one side only', () => {
    const turns = turnsOf('bulk.rate', { distributedq: [600, 60, 700], bullmq: [100, 10, 140] })
    const [line] = summarize(turns, ['distributedq', 'bullmq'])
    expect(line?.medians).toEqual({ distributedq: 600, bullmq: 100 })
    expect(line?.times).toEqual({ bullmq: 6 })
    expect(line?.verdicts).toEqual([{ of: 'bullmq', bar: 5, aim: 6, value: 6, verdict: 'aim' }])
  })

  it('tells an aim from a bar, and a bar from a miss', () => {
    const verdictOf = (cpuUs: number): unknown =>
      summarize(turnsOf('work100.cycleUs', { distributedq: [cpuUs] }), ['distributedq'])[0]?.verdicts[0]?.verdict
    expect([11, 14, 16].map(verdictOf)).toEqual(['aim', 'bar', 'missed'])
  })

  it('shows a line only for what was measured', () => {
    const lines = summarize(turnsOf('bytes', { distributedq: [345.4], raw: [172.7] }), ['distributedq', 'raw'])
    expect(renderTable(lines, ['distributedq', 'raw']).split('\n')).toEqual([
      expect.stringMatching(/^ +DistributedQ +raw lists +vs raw lists +wanted$/),
      expect.stringMatching(/^[─ ]+$/),
      expect.stringMatching(/^memory of a queued task, bytes +345 +173 +0\.50× +✓ ≤ 400, aim 345 \(aim missed\)$/),
    ])
  })
})

describe('the bench', () => {
  it('runs each task once on a Redis of its own, without the packages of the peers', async () => {
    const args = [
      '--json',
      '--subjects',
      'distributedq',
      '--only',
      'cycle,single,latency',
      '--tasks',
      '300',
      '--rounds',
      '1',
    ]
    const bench = spawnNode(RUN, { args })
    const exit = await bench.exit
    expect({ ...exit, stderr: bench.stderr }).toEqual({ code: 0, signal: null, stderr: [] })
    const { turns } = JSON.parse(bench.stdout.join('\n')) as { turns: Turn[] }
    expect(turns.map((turn) => turn.case)).toEqual(['cycle', 'single', 'latency'])
    const figures = Object.assign({}, ...turns.map((turn) => turn.figures)) as Record<string, number>
    for (const key of ['bulk.rate', 'work100.rate', 'single.rate', 'latency.p50', 'bytes'])
      expect(figures).toHaveProperty([key], expect.any(Number))
    expect(Math.min(...Object.values(figures))).toBeGreaterThanOrEqual(0)
  }, 60_000)

  it.each([
    [['--only', 'everything'], /^--only everything is none of cycle, single/],
    [['--tasks', 'many'], /^--tasks takes a whole number/],
    [['--fast'], /--fast/],
  ])('refuses %j in one line', async (args, message) => {
    const bench = spawnNode(RUN, { args })
    expect((await bench.exit).code).toBe(1)
    expect(bench.stderr.join('\n')).toMatch(message)
  })
})
