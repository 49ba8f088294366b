import type { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { percentile, read } from './gauges.ts'
import type { Session } from './subjects/subject.ts'

/** What one case found for one subject: names as in `rows.ts`. */
export type Figures = Readonly<Record<string, number>>

export interface Bench {
  readonly session: Session
  /** A connection of its own, for looking. */
  readonly redis: Redis
  readonly tasks: number
}

/** Tasks in one call of a bulk interface, and calls under way at a time. */
const BATCH = 1_000
const BATCHES_IN_FLIGHT = 4
const WARM_TASKS = 10_000
const SINGLE_IN_FLIGHT = 100
/** The share of the tasks that a worker runs before its clock starts. */
const WARM_SHARE = 0.1

/** `lanes` loops at once call `work` until it has been called `times` times. */
async function inLanes(lanes: number, times: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < times) await work(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function enqueueAll({ session }: Bench, queue: string, tasks: number): Promise<void> {
  await inLanes(BATCHES_IN_FLIGHT, Math.ceil(tasks / BATCH), (index) =>
    session.enqueueMany(queue, Math.min(BATCH, tasks - index * BATCH)),
  )
}

/** Of this process, all threads. */
function ownCpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

export async function measureBulk(bench: Bench, queue: string): Promise<Figures> {
  const { redis, tasks } = bench
  await enqueueAll(bench, 'warm', Math.min(WARM_TASKS, tasks))
  const before = await read(redis)
  const ownBefore = ownCpuUs()
  const start = performance.now()
  await enqueueAll(bench, queue, tasks)
  const ms = performance.now() - start
  const own = ownCpuUs() - ownBefore
  const after = await read(redis)
  return {
    'bulk.rate': (tasks / ms) * 1_000,
    'bulk.cpuUs': (after.cpuUs - before.cpuUs) / tasks,
    'bulk.ownUs': own / tasks,
    bytes: (after.memoryBytes - before.memoryBytes) / tasks,
  }
}

export async function measureSingle({ session, redis, tasks }: Bench): Promise<Figures> {
  await inLanes(SINGLE_IN_FLIGHT, Math.min(WARM_TASKS, tasks), () => session.enqueueOne('warm'))
  const before = await read(redis)
  const ownBefore = ownCpuUs()
  const start = performance.now()
  await inLanes(SINGLE_IN_FLIGHT, tasks, () => session.enqueueOne('q'))
  const ms = performance.now() - start
  const own = ownCpuUs() - ownBefore
  const after = await read(redis)
  return {
    'single.rate': (tasks / ms) * 1_000,
    'single.cpuUs': (after.cpuUs - before.cpuUs) / tasks,
    'single.ownUs': own / tasks,
  }
}

export interface Work {
  readonly name: string
  readonly slots: number
  readonly handler: () => Promise<void>
  /** What to run of the tasks in the queue; all when left out. */
  readonly tasks?: number
}

/**
 * Runs a worker over the tasks that wait, and measures from when the first tenth is done to when all are: what counts is
 * the steady state, not how long a worker takes to start.
 */
export async function measureWork(bench: Bench, queue: string, work: Work): Promise<Figures> {
  const { session, redis } = bench
  const total = work.tasks ?? bench.tasks
  const warm = Math.floor(total * WARM_SHARE)
  let runs = 0
  let done = 0
  let startedAt = 0
  let ownBefore = 0
  let before: ReturnType<typeof read> | undefined
  const endedAt = await new Promise<number>((resolve, reject) => {
    const onDone = (): void => {
      done++
      if (done === warm) {
        before = read(redis)
        ownBefore = ownCpuUs()
        startedAt = performance.now()
      }
      if (done === total) resolve(performance.now())
    }
    const handler = (): Promise<void> => {
      runs++
      return work.handler()
    }
    session.work(queue, { slots: work.slots, handler, onDone }).catch(reject)
  })
  const own = ownCpuUs() - ownBefore
  const after = await read(redis)
  if (before === undefined) throw new Error('too few tasks to measure')
  if (work.tasks === undefined) await proveDone(bench, queue, runs)
  const measured = total - warm
  return {
    [`${work.name}.rate`]: (measured / (endedAt - startedAt)) * 1_000,
    [`${work.name}.cpuUs`]: (after.cpuUs - (await before).cpuUs) / measured,
    [`${work.name}.ownUs`]: own / measured,
  }
}

/** A rate is worth nothing unless each task ran once and none is left. */
async function proveDone({ session, tasks }: Bench, queue: string, runs: number): Promise<void> {
  const endAt = performance.now() + 5_000
  while ((await session.left(queue)) > 0) {
    if (performance.now() > endAt) throw new Error(`${await session.left(queue)} tasks are left in the queue`)
    await pause(20)
  }
  if (runs !== tasks) throw new Error(`${tasks} tasks were enqueued, ${runs} ran`)
}

/** From the call that enqueues a task to the start of its handler, by a worker that has nothing else to do. */
export async function measureLatency({ session }: Bench, samples: number): Promise<Figures> {
  const ms: number[] = []
  let enqueuedAt = 0
  let started = (): void => {}
  const handler = (): Promise<void> => {
    ms.push(performance.now() - enqueuedAt)
    started()
    return Promise.resolve()
  }
  await session.work('q', { slots: 10, handler, onDone: () => {} })
  for (let sample = 0; sample < samples; sample++) {
    await pause(3 + (sample % 7))
    await new Promise<void>((resolve, reject) => {
      started = resolve
      enqueuedAt = performance.now()
      session.enqueueOne('q').catch(reject)
    })
  }
  const settled = ms.slice(Math.floor(samples / 10))
  return { 'latency.p50': percentile(settled, 0.5), 'latency.p99': percentile(settled, 0.99) }
}

export const enqueueBacklog = (bench: Bench, queue: string, tasks: number): Promise<void> =>
  enqueueAll(bench, queue, tasks)
