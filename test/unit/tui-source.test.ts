import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { findings } from '../../src/tui/health.ts'
import { emptyData } from '../../src/tui/source/data.ts'
import { type PagesWant, TaskPages } from '../../src/tui/source/task-pages.ts'
import { HISTORY_SECONDS, stepFor, stepsOf, sumHistories } from '../../src/tui/source/history.ts'
import { Reader } from '../../src/tui/source/reader.ts'
import { sparkline, bar } from '../../src/tui/components/spark.ts'
import { dataOf } from '../tui/harness/data.ts'
import { NOON, deadTask, leaseInfo, queueInfo, workerInfo } from '../tui/harness/infos.ts'
import { sourceOf } from '../tui/harness/source.ts'
import { type World, calmWorld, emptyWorld, troubledWorld } from '../tui/harness/world.ts'

const found = async (world: World): Promise<string[]> => findings(await dataOf(world), NOON).map(({ text }) => text)

describe('the findings', () => {
  it('are none when all is well, and none on an unused Redis', async () => {
    expect(await found(calmWorld())).toEqual([])
    expect(await found(emptyWorld())).toEqual([])
  })

  it('say what is wrong, worst first', async () => {
    expect(await found(troubledWorld())).toEqual([
      '1 lease expired 17s ago and not reaped: does a reaper run?',
      'worker wrk-c-03 silent for 42s (lease 30s), holds 1 task',
      'schedule sweep overdue since 1m5s: does a scheduler run?',
      'DLQ of high growing: +200 in 5m, 1284 in all',
      'low is paused since 41m by dq-top:anna@ops; 8012 tasks wait, and more come',
    ])
  })

  it('name books that do not balance', async () => {
    const queues = [queueInfo('high', { ledger: { ok: false, drift: ['3 tasks, but 2 places'] } })]
    expect(await found({ ...calmWorld(), queues })).toEqual(['books of high do not balance: 3 tasks, but 2 places'])
  })

  it('name a queue that nobody takes from, once its tasks have waited', async () => {
    const queue = (oldestPendingMs: number) => [
      queueInfo('alone', { pending: { high: 0, default: 5, low: 0 }, oldestPendingMs }),
    ]
    expect(await found({ ...calmWorld(), queues: queue(60_000) })).toEqual(['no worker takes from alone: 5 tasks wait'])
    expect(await found({ ...calmWorld(), queues: queue(1_000) })).toEqual([])
    const workers = [workerInfo('w', { queues: ['alone'] })]
    expect(await found({ ...calmWorld(), queues: queue(60_000), workers })).toEqual([])
  })

  it('name many queues that nobody takes from in one line, the longest first', async () => {
    const queues = Array.from({ length: 5 }, (_, n) =>
      queueInfo(`q${n}`, { pending: { high: 0, default: n + 1, low: 0 }, oldestPendingMs: 60_000 }),
    )
    expect(await found({ ...calmWorld(), queues })).toEqual([
      'no worker takes from 5 queues, 15 tasks wait: q4, q3, q2, q1, q0',
    ])
  })

  it('name delayed tasks that nobody makes pending', async () => {
    const queues = [queueInfo('high', { scheduled: 2, soonestDueMs: NOON - 60_000 })]
    expect(await found({ ...calmWorld(), queues })).toEqual([
      'delayed tasks of high are due since 1m0s: does a scheduler run?',
    ])
  })

  it('forget a worker that is long gone, unless it still holds something', async () => {
    const workers = [workerInfo('gone', { silent: true, beatAtMs: NOON - 3_600_000 })]
    expect(await found({ ...calmWorld(), workers })).toEqual([])
    const leases = [leaseInfo(1, { worker: 'gone' })]
    expect(await found({ ...calmWorld(), workers, leases })).toEqual([
      'worker gone silent for 1h (lease 30s), holds 1 task',
    ])
  })

  it('give a reaper its time', async () => {
    const leases = [leaseInfo(1, { leaseExpiresAtMs: NOON - 5_000 })]
    expect(await found({ ...calmWorld(), leases })).toEqual([])
  })
})

const dead = (rows: number, given: Partial<PagesWant> = {}): PagesWant => ({
  states: ['dead'],
  queue: undefined,
  filter: '',
  rows,
  scan: 2_000,
  ...given,
})

describe('dead tasks of several queues', () => {
  const worldOf = (counts: Record<string, number>): World => {
    const world = emptyWorld()
    const names = Object.keys(counts)
    world.queues = names.map((name) =>
      queueInfo(name, { dead: counts[name]!, counters: { dead: { t: counts[name]! } } }),
    )
    world.dead = names.flatMap((queue, at) =>
      Array.from({ length: counts[queue]! }, (_, n) =>
        deadTask(n, { queue, id: `${queue}-${n}`, finishedAtMs: NOON - n * 1000 - at }),
      ),
    )
    return world
  }

  it('come as one list, newest first, with none missing in between', async () => {
    const world = worldOf({ a: 350, b: 20, c: 0 })
    const pages = new TaskPages(sourceOf(world, () => NOON).reads)
    const first = await pages.load(world.queues, dead(100), NOON)
    expect(first.isWhole).toBe(false)
    const all = await pages.load(world.queues, dead(1000), NOON)
    expect(all).toMatchObject({ isWhole: true })
    expect(all.rows).toHaveLength(370)
    const times = all.rows.map(({ endedAtMs }) => endedAtMs!)
    expect(times).toEqual(times.toSorted((x, y) => y - x))
    expect(all.rows.slice(0, first.rows.length)).toEqual(first.rows)
  })

  it('are read again only when something changed', async () => {
    const world = worldOf({ a: 10 })
    const source = sourceOf(world, () => NOON)
    let readings = 0
    const pages = new TaskPages({
      ...source.reads,
      deadPage: (...args) => (readings++, source.reads.deadPage(...args)),
    })
    await pages.load(world.queues, dead(100), NOON)
    await pages.load(world.queues, dead(100), NOON)
    expect(readings).toBe(1)
    await pages.load([queueInfo('a', { dead: 10, counters: { dead: { t: 11 }, replayed: { t: 1 } } })], dead(100), NOON)
    expect(readings).toBe(2)
  })
})

describe('a list that is read in parts', () => {
  const tasks = (n: number) =>
    Array.from({ length: n }, (_, at) => deadTask(at, { id: `T${at}`, finishedAtMs: NOON - at }))
  const infos = (n: number) => [queueInfo('high', { dead: n, counters: { dead: { t: n } } })]
  const pagesOf = (n: number) => {
    const world = { ...emptyWorld(), queues: infos(n), dead: tasks(n) }
    return { world, pages: new TaskPages(sourceOf(world, () => NOON).reads) }
  }

  it('looks at so many tasks a reading, and no further than it is asked to', async () => {
    const { pages } = pagesOf(9_000)
    const want = dead(100, { filter: 'id:T*', scan: 5_000 })
    const scans: number[] = []
    for (let i = 0; i < 4; i++) scans.push((await pages.load(infos(9_000), want, NOON)).scanned)
    expect(scans).toEqual([2_000, 4_000, 5_000, 5_000])
  })

  it('keeps what it shows until what is there now was read as far', async () => {
    const { world, pages } = pagesOf(3_000)
    const want = dead(100, { filter: 'id:T*', scan: 20_000 })
    for (let i = 0; i < 2; i++) await pages.load(infos(3_000), want, NOON)
    world.dead = tasks(3_000).slice(1)
    const rows = async (nowMs: number) => (await pages.load(infos(2_999), want, nowMs)).rows.length
    // A long scan is begun again after a while only, and then takes two readings.
    expect(await rows(NOON + 1_000)).toBe(3_000)
    expect(await rows(NOON + 16_000)).toBe(3_000)
    expect(await rows(NOON + 17_000)).toBe(2_999)
  })

  it('keeps no more rows than a screen can do with', async () => {
    const { pages } = pagesOf(9_000)
    const want = dead(100, { filter: 'id:T*', scan: 20_000 })
    for (let i = 0; i < 4; i++) await pages.load(infos(9_000), want, NOON)
    expect((await pages.load(infos(9_000), want, NOON)).rows).toHaveLength(5_000)
  })

  it('stops a reading early when payloads are large', async () => {
    const world = {
      ...emptyWorld(),
      queues: infos(1_000),
      dead: tasks(1_000).map((task) => ({ ...task, payloadBytes: 100_000 })),
    }
    const pages = new TaskPages(sourceOf(world, () => NOON).reads)
    expect((await pages.load(infos(1_000), dead(1_000), NOON)).rows).toHaveLength(100)
  })
})

describe('a reading', () => {
  const read = (world: World) =>
    new Reader(
      sourceOf(world, () => NOON),
      { nowMs: () => NOON, steadyMs: () => 0 },
    ).read(emptyData(NOON), {
      leases: 10,
      history: true,
      dead: undefined,
      tasks: undefined,
      groups: undefined,
      operations: false,
      audit: false,
      causes: false,
      schedules: true,
      runs: undefined,
      task: undefined,
    })

  it('keeps going when one part of it is refused, and names that part', async () => {
    const world = troubledWorld()
    world.refused.add('workers')
    const update = await read(world)
    expect(update.troubles?.workers).toMatch(/NOPERM/)
    expect(update.workers).toBeUndefined()
    expect(update.queues).toHaveLength(3)
  })

  it('fails as a whole when Redis cannot be reached', async () => {
    const world = troubledWorld()
    world.failure = new DqError('unavailable', 'connect ECONNREFUSED')
    await expect(read(world)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('the history', () => {
  const perSecond = (n: number): number[] => Array.from({ length: HISTORY_SECONDS }, () => n)
  const history = (endMs: number, n: number) => ({
    endMs,
    enqueued: perSecond(n),
    completed: perSecond(n),
    failed: perSecond(0),
    dead: perSecond(0),
  })

  it('of several queues is added up by time, not by place', () => {
    const sum = sumHistories([history(NOON, 1), history(NOON - 3000, 10)])!
    expect(sum.enqueued.slice(-5)).toEqual([11, 11, 1, 1, 1])
    expect(sum.enqueued).toHaveLength(HISTORY_SECONDS)
  })

  it('fits into any width, in steps that stand still', () => {
    expect([200, 100, 60, 40, 12].map(stepFor)).toEqual([5, 10, 15, 30, 90])
    const before = stepsOf(NOON + 31_000, perSecond(7), 10)
    const after = stepsOf(NOON + 33_000, perSecond(7), 10)
    expect(before.at(-1)).toBe(7)
    expect(after.length).toBeGreaterThanOrEqual(before.length)
  })

  it('is drawn with the lowest bar for none only, and a dot where nothing is known', () => {
    expect(sparkline([0, 1, 50, 100], 6)).toBe('··▁▂▅█')
    expect(sparkline([0, 0], 2)).toBe('▁▁')
    expect(bar(0.5, 4)).toBe('██  ')
    expect([bar(0, 4), bar(0.01, 4), bar(1, 4)]).toEqual(['    ', '█   ', '████'])
  })
})
