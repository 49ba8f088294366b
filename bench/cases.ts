import {
  type Bench,
  enqueueBacklog,
  type Figures,
  measureBulk,
  measureLatency,
  measureSingle,
  measureWork,
} from './load.ts'
import { median } from './gauges.ts'
import type { Keep, SubjectName } from './subjects/subject.ts'

export interface Case {
  /** As in the heading of the table's part. */
  readonly what: string
  readonly keep: Keep
  readonly subjects: readonly SubjectName[]
  /** Left out unless `--only` names it. */
  readonly onlyByName: boolean
  run(bench: Bench): Promise<Figures>
}

const QUEUES = ['distributedq', 'bullmq', 'bee'] as const
const EVERYBODY = [...QUEUES, 'raw'] as const
const BOTH = ['distributedq', 'encrypted'] as const

const noop = (): Promise<void> => Promise.resolve()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const MIXED_SLOTS = 100
/** Of twenty tasks one takes 50 ms, three take 5 ms, and sixteen do nothing. */
function mixedHandler(): () => Promise<void> {
  let count = 0
  return () => {
    const turn = count++ % 20
    if (turn === 0) return sleep(50)
    return turn <= 3 ? sleep(5) : noop()
  }
}

/** What the slots allow when nothing but the handlers takes time. */
const MIXED_IDEAL_RATE = MIXED_SLOTS / ((50 + 3 * 5) / 20 / 1_000)

async function mix(bench: Bench): Promise<Figures> {
  const work = { name: 'mix', slots: MIXED_SLOTS, handler: mixedHandler() }
  const figures = await measureWork(await preloaded(bench), 'q', work)
  return { ...figures, 'mix.share': ((figures['mix.rate'] ?? Number.NaN) / MIXED_IDEAL_RATE) * 100 }
}

const share = (bench: Bench, part: number): Bench => ({ ...bench, tasks: Math.ceil(bench.tasks * part) })

async function preloaded(bench: Bench): Promise<Bench> {
  await enqueueBacklog(bench, 'q', bench.tasks)
  return bench
}

/** Enqueues and then runs the same tasks. */
async function cycle(bench: Bench, name: string): Promise<Figures> {
  const bulk = await measureBulk(bench, 'q')
  const work = await measureWork(bench, 'q', { name, slots: 100, handler: noop })
  return { ...bulk, ...work, [`${name}.cycleUs`]: (bulk['bulk.cpuUs'] ?? 0) + (work[`${name}.cpuUs`] ?? 0) }
}

const SMALL_BACKLOG = 10_000
const LARGE_BACKLOG = 1_000_000

/** What a task costs Redis when few wait, five queues one after the other, and when a million wait. */
async function growth(bench: Bench): Promise<Figures> {
  const small: number[] = []
  const work = { name: 'growth', slots: 100, handler: noop }
  for (let n = 0; n < 5; n++) {
    await enqueueBacklog(bench, `small${n}`, SMALL_BACKLOG)
    const figures = await measureWork(bench, `small${n}`, { ...work, tasks: SMALL_BACKLOG * 0.9 })
    small.push(figures['growth.cpuUs'] ?? Number.NaN)
  }
  await enqueueBacklog(bench, 'large', LARGE_BACKLOG)
  const large = await measureWork(bench, 'large', { ...work, tasks: LARGE_BACKLOG / 10 })
  const smallUs = median(small)
  const largeUs = large['growth.cpuUs'] ?? Number.NaN
  return { 'growth.smallUs': smallUs, 'growth.largeUs': largeUs, 'growth.ratio': largeUs / smallUs }
}

export const CASES = {
  cycle: {
    what: 'bulk enqueue, then no-op tasks, 100 slots, nothing kept',
    keep: 'nothing',
    subjects: EVERYBODY,
    onlyByName: false,
    run: (bench) => cycle(bench, 'work100'),
  },
  single: {
    what: 'one task a call, 100 calls in flight',
    keep: 'nothing',
    subjects: EVERYBODY,
    onlyByName: false,
    run: (bench) => measureSingle(share(bench, 0.5)),
  },
  slots10: {
    what: 'no-op tasks, 10 slots',
    keep: 'nothing',
    subjects: QUEUES,
    onlyByName: false,
    run: async (bench) =>
      measureWork(await preloaded(share(bench, 0.5)), 'q', { name: 'work10', slots: 10, handler: noop }),
  },
  mix: {
    what: '80 % no-op, 15 % 5 ms, 5 % 50 ms, 100 slots',
    keep: 'nothing',
    subjects: QUEUES,
    onlyByName: false,
    run: (bench) => mix(share(bench, 0.75)),
  },
  history: {
    what: 'as the first, the last 10,000 records kept',
    keep: 'history',
    subjects: ['distributedq', 'bullmq'],
    onlyByName: false,
    run: (bench) => cycle(bench, 'history'),
  },
  latency: {
    what: 'an idle worker, 10 slots',
    keep: 'nothing',
    subjects: QUEUES,
    onlyByName: false,
    run: (bench) => measureLatency(bench, Math.min(200, Math.ceil(bench.tasks / 100))),
  },
  encrypted: {
    what: 'as the first, beside the same with encrypted payloads',
    keep: 'nothing',
    subjects: BOTH,
    onlyByName: true,
    run: (bench) => cycle(bench, 'encrypted'),
  },
  growth: {
    what: 'no-op tasks, 100 slots, while 10,000 and while 1,000,000 wait',
    keep: 'nothing',
    subjects: QUEUES,
    onlyByName: true,
    run: growth,
  },
} as const satisfies Record<string, Case>

export type CaseName = keyof typeof CASES
