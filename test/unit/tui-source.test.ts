import { describe, expect, it } from 'vitest'
import { DqError } from '../../src/core/errors.ts'
import { findings } from '../../src/tui/health.ts'
import { emptyData } from '../../src/tui/source/data.ts'
import { DeadPages } from '../../src/tui/source/dead-pages.ts'
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
    const pages = new DeadPages(sourceOf(world, () => NOON).reads)
    const first = await pages.load(world.queues, 100)
    expect(first.isWhole).toBe(false)
    const all = await pages.load(world.queues, 1000)
    expect(all).toMatchObject({ isWhole: true })
    expect(all.rows).toHaveLength(370)
    const times = all.rows.map(({ diedAtMs }) => diedAtMs!)
    expect(times).toEqual(times.toSorted((x, y) => y - x))
    expect(all.rows.slice(0, first.rows.length)).toEqual(first.rows)
  })

  it('are read again only when something changed', async () => {
    const world = worldOf({ a: 10 })
    const source = sourceOf(world, () => NOON)
    let readings = 0
    const pages = new DeadPages({
      ...source.reads,
      deadPage: (...args) => (readings++, source.reads.deadPage(...args)),
    })
    await pages.load(world.queues, 100)
    await pages.load(world.queues, 100)
    expect(readings).toBe(1)
    await pages.load([queueInfo('a', { dead: 10, counters: { dead: { t: 11 }, replayed: { t: 1 } } })], 100)
    expect(readings).toBe(2)
  })
})

describe('a reading', () => {
  const read = (world: World) =>
    new Reader(
      sourceOf(world, () => NOON),
      { nowMs: () => NOON, steadyMs: () => 0 },
    ).read(emptyData(NOON), { leases: 10, history: true, dead: undefined, schedules: true, task: undefined })

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
