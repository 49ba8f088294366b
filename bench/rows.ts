import type { CaseName } from './cases.ts'

/** A bar is what has to be reached, an aim what is wanted beyond it. */
export interface Bar {
  /** What is compared: a multiple of a peer's figure, or the figure itself. */
  readonly of: 'bullmq' | 'bee' | 'raw' | 'self'
  readonly bar: number
  readonly aim: number
}

export interface Row {
  readonly case: CaseName
  /** Name of the figure. */
  readonly key: string
  readonly title: string
  readonly unit: 'tasks/s' | 'µs' | 'bytes' | 'ms' | '×' | '%'
  readonly better: 'more' | 'less'
  readonly bars: readonly Bar[]
}

const rate = (of: CaseName, key: string, title: string, bars: readonly Bar[]): Row => ({
  case: of,
  key,
  title,
  unit: 'tasks/s',
  better: 'more',
  bars,
})
const cost = (
  of: CaseName,
  key: string,
  title: string,
  unit: 'µs' | 'bytes' | 'ms' | '×',
  bar?: readonly [number, number],
): Row => ({
  case: of,
  key,
  title,
  unit,
  better: 'less',
  bars: bar ? [{ of: 'self', bar: bar[0], aim: bar[1] }] : [],
})

/** The table, top to bottom. */
export const ROWS: readonly Row[] = [
  rate('cycle', 'bulk.rate', 'bulk enqueue', [
    { of: 'bullmq', bar: 5, aim: 6 },
    { of: 'bee', bar: 2, aim: 2 },
    { of: 'raw', bar: 0.4, aim: 0.4 },
  ]),
  rate('single', 'single.rate', 'single enqueue, 100 in flight', [{ of: 'bullmq', bar: 4, aim: 4 }]),
  rate('cycle', 'work100.rate', 'process no-op, 100 slots', [
    { of: 'bullmq', bar: 4, aim: 5 },
    { of: 'bee', bar: 2.5, aim: 2.5 },
  ]),
  rate('slots10', 'work10.rate', 'process no-op, 10 slots', [{ of: 'bullmq', bar: 3, aim: 3 }]),
  rate('mix', 'mix.rate', 'process a mix, 100 slots', [{ of: 'bullmq', bar: 4, aim: 4 }]),
  { case: 'mix', key: 'mix.share', title: 'the same, of what the slots allow', unit: '%', better: 'more', bars: [] },
  rate('history', 'history.rate', 'process no-op, history kept', []),
  cost('cycle', 'bulk.cpuUs', 'Redis CPU, bulk enqueue', 'µs'),
  cost('cycle', 'work100.cpuUs', 'Redis CPU, process', 'µs'),
  cost('cycle', 'work100.cycleUs', 'Redis CPU, whole cycle', 'µs', [15, 12]),
  cost('history', 'history.cycleUs', 'the same, history kept', 'µs', [15, 15]),
  cost('slots10', 'work10.cpuUs', 'Redis CPU, process, 10 slots', 'µs'),
  cost('mix', 'mix.cpuUs', 'Redis CPU, process a mix', 'µs'),
  cost('single', 'single.cpuUs', 'Redis CPU, single enqueue', 'µs'),
  cost('cycle', 'bulk.ownUs', 'client CPU, bulk enqueue', 'µs'),
  cost('single', 'single.ownUs', 'client CPU, single enqueue', 'µs'),
  cost('cycle', 'work100.ownUs', 'worker CPU, no-op, 100 slots', 'µs'),
  cost('slots10', 'work10.ownUs', 'worker CPU, no-op, 10 slots', 'µs'),
  cost('cycle', 'bytes', 'memory of a queued task', 'bytes', [400, 345]),
  rate('encrypted', 'bulk.rate', 'bulk enqueue, beside encrypted', []),
  rate('encrypted', 'encrypted.rate', 'process no-op, beside encrypted', []),
  cost('encrypted', 'bulk.ownUs', 'client CPU, bulk enqueue, beside encrypted', 'µs'),
  cost('encrypted', 'encrypted.ownUs', 'worker CPU, no-op, beside encrypted', 'µs'),
  cost('encrypted', 'bytes', 'memory of a queued task, beside encrypted', 'bytes'),
  cost('latency', 'latency.p50', 'idle latency, median', 'ms', [1, 1]),
  cost('latency', 'latency.p99', 'idle latency, p99', 'ms', [4, 4]),
  cost('growth', 'growth.smallUs', 'Redis CPU, process, 10,000 wait', 'µs'),
  cost('growth', 'growth.largeUs', 'Redis CPU, process, 1,000,000 wait', 'µs'),
  cost('growth', 'growth.ratio', 'the second over the first', '×', [1.15, 1.15]),
]
