import { cpus, loadavg } from 'node:os'
import { CASES, type CaseName } from './cases.ts'
import { type CommandStat, median } from './gauges.ts'
import type { Figures } from './load.ts'
import type { BenchOptions } from './options.ts'
import { type Bar, type Row, ROWS } from './rows.ts'
import { type SubjectName, TITLES } from './subjects/subject.ts'

/** One child's turn. */
export interface Turn {
  readonly round: number
  readonly case: CaseName
  readonly subject: SubjectName
  readonly figures: Figures
  readonly commands?: readonly CommandStat[]
}

export interface Verdict extends Bar {
  readonly value: number
  readonly verdict: 'aim' | 'bar' | 'missed'
}

export interface Line {
  readonly key: string
  readonly title: string
  readonly unit: Row['unit']
  readonly medians: Partial<Record<SubjectName, number>>
  /** How many times better than each peer: the median over rounds of the quotient within a round. */
  readonly times: Partial<Record<SubjectName, number>>
  readonly verdicts: readonly Verdict[]
}

function valuesOf(turns: readonly Turn[], row: Row, subject: SubjectName): Map<number, number> {
  const values = new Map<number, number>()
  for (const turn of turns) {
    const value = turn.case === row.case && turn.subject === subject ? turn.figures[row.key] : undefined
    if (value !== undefined) values.set(turn.round, value)
  }
  return values
}

function timesBetter(row: Row, ours: Map<number, number>, theirs: Map<number, number>): number | undefined {
  const quotients: number[] = []
  for (const [round, own] of ours) {
    const other = theirs.get(round)
    if (other !== undefined) quotients.push(row.better === 'more' ? own / other : other / own)
  }
  return quotients.length > 0 ? median(quotients) : undefined
}

function judge(row: Row, bar: Bar, value: number): Verdict {
  const reaches = (limit: number): boolean =>
    bar.of === 'self' && row.better === 'less' ? value <= limit : value >= limit
  return { ...bar, value, verdict: reaches(bar.aim) ? 'aim' : reaches(bar.bar) ? 'bar' : 'missed' }
}

export function summarize(turns: readonly Turn[], subjects: readonly SubjectName[]): Line[] {
  return ROWS.flatMap((row) => {
    const ours = valuesOf(turns, row, 'distributedq')
    const medians: Partial<Record<SubjectName, number>> = {}
    const times: Partial<Record<SubjectName, number>> = {}
    for (const subject of subjects) {
      const values = valuesOf(turns, row, subject)
      if (values.size === 0) continue
      medians[subject] = median([...values.values()])
      const better = subject === 'distributedq' ? undefined : timesBetter(row, ours, values)
      if (better !== undefined) times[subject] = better
    }
    if (Object.keys(medians).length === 0) return []
    const verdicts = row.bars.flatMap((bar) => {
      const value = bar.of === 'self' ? medians.distributedq : times[bar.of]
      return value === undefined ? [] : [judge(row, bar, value)]
    })
    return [{ key: row.key, title: row.title, unit: row.unit, medians, times, verdicts }]
  })
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

function figure(value: number | undefined, unit: Row['unit']): string {
  if (value === undefined) return '–'
  if (unit === 'tasks/s' || unit === 'bytes' || unit === '%') return whole.format(value)
  return value.toFixed(unit === 'µs' ? 1 : 2)
}

const MARKS = { aim: '✓', bar: '✓', missed: '✗' } as const

function verdictText({ of, bar, aim, verdict }: Verdict, better: 'more' | 'less'): string {
  const sign = better === 'less' && of === 'self' ? '≤' : '≥'
  const limit = aim === bar ? `${sign} ${bar}` : `${sign} ${bar}, aim ${aim}`
  const note = verdict === 'bar' ? ' (aim missed)' : ''
  return `${MARKS[verdict]} ${limit}${of === 'self' ? '' : ` × ${TITLES[of]}`}${note}`
}

const comparedTo = (subjects: readonly SubjectName[]): SubjectName[] =>
  subjects.includes('distributedq') ? subjects.filter((subject) => subject !== 'distributedq') : []

function cells(line: Line, subjects: readonly SubjectName[]): string[] {
  const better = ROWS.find((row) => row.key === line.key)?.better ?? 'more'
  return [
    `${line.title}, ${line.unit}`,
    ...subjects.map((subject) => figure(line.medians[subject], line.unit)),
    ...comparedTo(subjects).map((peer) => {
      const times = line.times[peer]
      return times === undefined ? '–' : `${times.toFixed(2)}×`
    }),
    line.verdicts.map((verdict) => verdictText(verdict, better)).join('; '),
  ]
}

export function renderTable(lines: readonly Line[], subjects: readonly SubjectName[]): string {
  const peers = comparedTo(subjects).map((name) => `vs ${TITLES[name]}`)
  const head = ['', ...subjects.map((name) => TITLES[name]), ...peers, 'wanted']
  const rows = [head, ...lines.map((line) => cells(line, subjects))]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const render = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        at === 0 || at === row.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [render(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.slice(1).map(render)].join('\n')
}

export function renderCommands(turns: readonly Turn[]): string {
  const parts: string[] = []
  for (const turn of turns) {
    if (turn.commands === undefined || turn.round > 0) continue
    parts.push(`\n${turn.case}, ${TITLES[turn.subject]}: commands by time`)
    for (const { command, calls, us } of turn.commands.slice(0, 20))
      parts.push(
        `  ${command.padEnd(14)} ${String(calls).padStart(9)} calls ${whole.format(us).padStart(12)} µs  ${(us / calls).toFixed(2)} µs each`,
      )
  }
  return parts.join('\n')
}

export function machine(redisVersion: string): Record<string, string | number> {
  const all = cpus()
  return {
    cpus: all.length,
    cpu: all[0]?.model ?? 'unknown',
    node: process.version,
    redis: redisVersion,
    platform: `${process.platform}-${process.arch}`,
    loadAtStart: loadavg()[0] ?? 0,
  }
}

export function heading(options: BenchOptions, facts: Readonly<Record<string, string | number>>): string {
  const { cpus: count, cpu, node, redis } = facts
  const { tasks, rounds } = options
  const cases = options.cases.map((name) => `  ${name.padEnd(8)} ${CASES[name].what}`).join('\n')
  return `${tasks} tasks, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${count} × ${cpu}, Node ${node}, Redis ${redis}\n${cases}\n`
}

/** What limits the figures of this run. */
export function footnotes(turns: readonly Turn[], facts: Readonly<Record<string, string | number>>): string {
  const rounds = 1 + Math.max(...turns.map((turn) => turn.round))
  const lines = [`Medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}.`]
  const load = Number(facts['loadAtStart'])
  if (load > Number(facts['cpus']) / 4)
    lines.push(`Other programs were at work (load ${load.toFixed(1)} at the start): only the ratios mean something.`)
  return lines.join(' ')
}
