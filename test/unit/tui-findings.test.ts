import { describe, expect, it } from 'vitest'
import { causeFilter } from '../../src/tui/findings/finding.ts'
import { findings } from '../../src/tui/health.ts'
import { readCauses, readUnknownTypes } from '../../src/tui/source/causes.ts'
import { type Data, emptyData } from '../../src/tui/source/data.ts'
import { parseFilter } from '../../src/core/filter/filter.ts'
import type { ObjectiveReport, ObjectiveState } from '../../src/core/slo.ts'
import { currentView, topScreen } from '../../src/tui/state/state.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { dataOf } from '../tui/harness/data.ts'
import { drive } from '../tui/harness/driver.ts'
import { NOON, deadTask, queueInfo, scheduleInfo, workerInfo } from '../tui/harness/infos.ts'
import { sourceOf } from '../tui/harness/source.ts'
import { calmWorld, troubledWorld } from '../tui/harness/world.ts'

const calm = async (given: Partial<Data>): Promise<Data> => ({ ...(await dataOf(calmWorld())), ...given })
const textsOf = (data: Data): string[] => findings(data, NOON).map(({ text }) => text)

const redis = (given: object) => ({
  redis: { usedBytes: 10, maxBytes: 0, evicted: 0, evictionPolicy: safeLine('noeviction'), ...given },
})

describe('the findings about Redis', () => {
  it('name memory that runs out, worse the fuller it is', async () => {
    expect(textsOf(await calm(redis({ usedBytes: 89, maxBytes: 100 })))).toEqual([])
    const full = findings(await calm(redis({ usedBytes: 920 * 2 ** 20, maxBytes: 1000 * 2 ** 20 })), NOON)
    expect(full).toMatchObject([
      { severity: 2, text: 'Redis uses 92% of its memory, 920M of 1000M: enqueues will be refused' },
    ])
    expect(findings(await calm(redis({ usedBytes: 96, maxBytes: 100 })), NOON)).toMatchObject([{ severity: 3 }])
  })

  it('name keys that were evicted, and that they may be', async () => {
    expect(textsOf(await calm(redis({ maxBytes: 100, evicted: 12 })))).toEqual([
      'Redis evicted 12 keys: tasks may be lost',
    ])
    const lru = redis({ maxBytes: 100, evictionPolicy: safeLine('allkeys-lru') })
    expect(textsOf(await calm(lru))).toEqual([
      'Redis may evict keys, and tasks with them: maxmemory-policy is allkeys-lru',
    ])
    expect(textsOf(await calm(redis({ evictionPolicy: safeLine('allkeys-lru') })))).toEqual([])
  })

  it('name a clock that is off by more than 2 s, either way', async () => {
    expect(textsOf(await calm({ skewMs: 1_900 }))).toEqual([])
    expect(textsOf(await calm({ skewMs: 3_000 }))).toEqual(['the clock of this machine is 3s behind that of Redis'])
    expect(textsOf(await calm({ skewMs: -3_000 }))).toEqual(['the clock of this machine is 3s ahead of that of Redis'])
    // A slow answer is no skew.
    expect(textsOf(await calm({ skewMs: 3_000, latencyMs: 1_500 }))).toEqual([])
  })
})

describe('the findings about queues', () => {
  it('name a line that its workers do not keep up with, and not one that is paused', async () => {
    const slow = queueInfo('mail', {
      pending: { high: 0, default: 5_000, low: 0 },
      active: 4,
      oldestPendingMs: 90_000,
      rates: { enqueued: 20, completed: 12, failed: 0 },
    })
    const data = await dataOf({ ...calmWorld(), queues: [slow] })
    expect(textsOf(data)).toEqual(['the next task of mail waits since 1m30s, 5000 behind it: 12/s of 20/s get done'])
    const paused = { ...slow, paused: { by: 'anna', atMs: NOON } }
    expect(textsOf(await dataOf({ ...calmWorld(), queues: [paused] }))).toEqual([
      expect.stringContaining('mail is paused'),
    ])
  })

  it('name a backlog under limits that will take longer than an hour', async () => {
    const slow = queueInfo('mail', { limited: 5_000, active: 1, rates: { enqueued: 0, completed: 1, failed: 0 } })
    const textsWith = async (given: object) =>
      textsOf(await dataOf({ ...calmWorld(), queues: [{ ...slow, ...given }] }))
    expect(await textsWith({})).toEqual(['5000 tasks wait under limits of mail, which let 1/s through: dq limit list'])
    expect(await textsWith({ limited: 900 })).toEqual([])
    expect(await textsWith({ rates: { enqueued: 0, completed: 2, failed: 0 } })).toEqual([])
  })

  it('name schedules that are overdue, the oldest first', async () => {
    const schedules = [
      scheduleInfo('a', { nextRunAtMs: NOON - 60_000 }),
      scheduleInfo('b', { nextRunAtMs: NOON - 120_000 }),
      scheduleInfo('c', { nextRunAtMs: NOON - 5_000 }),
      scheduleInfo('waits', { nextRunAtMs: NOON - 500_000, waits: true }),
      scheduleInfo('disabled', { nextRunAtMs: undefined, enabled: false }),
    ]
    expect(textsOf(await dataOf({ ...calmWorld(), schedules }))).toEqual([
      'schedule b and 1 other overdue since 2m0s: does a scheduler run?',
    ])
  })

  it('look for what died of the same, whatever ids and numbers stand in its message', () => {
    const filter = causeFilter('email', 'connection 1971 of job deadbeef01 lost after 30s')
    expect(filter).toBe('type:"email" err~"connection * of job * lost after 30s"')
    const { error, ...task } = deadTask(0)
    const message = 'connection 20488 of job 0badf00d99 lost after 30s'
    expect(parseFilter(filter).matches({ ...task, type: 'email', error: { ...error!, message } }, NOON)).toBe(true)
  })

  it('say what a DLQ grows of, when it is mostly one thing', async () => {
    const world = troubledWorld()
    const source = sourceOf(world, () => NOON)
    const data = await dataOf(world)
    const causes = await readCauses(source.reads, world.queues, data.queueHistory)
    expect([...causes]).toEqual([
      ['high', { type: 'email.send', message: 'SMTP 421 4.7.0 timeout after 30s', count: 49, of: 50 }],
    ])
    const found = findings({ ...data, causes }, NOON).find(({ key }) => key === 'dead high')
    expect(found?.text).toBe('DLQ of high growing: +200 in 5m, 98% email.send: SMTP 421 4.7.0 timeout after 30s')
    const { filter } = found!.goTo as { filter: string }
    expect(filter).toBe('type:"email.send" err~"SMTP 421 4.7.0 timeout after 30s"')
    expect(parseFilter(filter).matches(deadTask(0), NOON)).toBe(true)
  })

  it('take failures that differ in numbers and ids only for the same', async () => {
    const world = troubledWorld()
    const message = (n: number) => `user ${n} of order ${'abcdef01'.repeat(2)}${n} is unknown`
    world.dead = world.dead.map((task, n) => ({ ...task, error: { ...task.error!, message: message(n) } }))
    const { queueHistory } = await dataOf(world)
    const [[, cause] = []] = await readCauses(sourceOf(world, () => NOON).reads, world.queues, queueHistory)
    expect(cause).toMatchObject({ count: 49, of: 50 })
  })

  it('name types that nobody has a handler for, unless no worker serves the queue at all', async () => {
    const world = troubledWorld()
    const reads = sourceOf(world, () => NOON).reads
    const workers = [workerInfo('w', { queues: ['high', 'default'], types: ['email.send'] })]
    const unknown = await readUnknownTypes(reads, world.queues, workers)
    expect([...unknown]).toEqual([['default', 'image.resize']])
    expect(textsOf({ ...emptyData(NOON), unknownTypes: unknown })).toEqual([
      'no worker of default knows the type image.resize',
    ])
    expect(await readUnknownTypes(reads, world.queues, [])).toEqual(new Map())
  })
})

describe('Enter on a finding', () => {
  it('leads to what it is about, narrowed down to it', async () => {
    const top = await drive()
    await top.read()
    await top.read()
    top.press('j', 'j', 'j', 'Enter')
    expect(currentView(top.state.ui)).toBe('dlq')
    expect(top.state.ui.deadQueue).toBe('high')
    expect(top.state.ui.lists.dlq.filter).toContain('type:"email.send" err~"SMTP 421')
    await top.read()
    expect(top.state.data.dead.rows.length).toBeGreaterThan(1_000)
  })

  it('leads into the queue, or says what to do', async () => {
    const top = await drive()
    const unknownTypes = new Map([['default', safeLine('image.resize')]])
    const data = { ...top.state.data, unknownTypes, ...redis({ maxBytes: 100, usedBytes: 99 }) }
    top.happen({ kind: 'data', atMs: top.atMs, data })
    top.press('Enter')
    expect(top.flash).toContain('raise maxmemory')
    top.press('j', 'j', 'j', 'Enter')
    expect(topScreen(top.state.ui)).toEqual({ kind: 'queue', queue: 'default', tab: 'pending' })
    expect(top.state.ui.lists.queue.filter).toBe('type:"image.resize"')
  })
})

describe('the findings about objectives', () => {
  const report = (state: ObjectiveState): ObjectiveReport => ({
    waitMs: 30_000,
    target: 0.995,
    state,
    windows: [5, 30, 60, 360].map((minutes) => ({
      windowMs: minutes * 60_000,
      total: 10,
      late: 1,
      burn: minutes === 360 ? undefined : 20,
    })),
  })
  const having = async (state: ObjectiveState) =>
    findings(await dataOf({ ...calmWorld(), objectives: new Map([['high', report(state)]]) }), NOON)

  it('name what burns, the faster the worse, and what stands still', async () => {
    expect(await having('fast')).toMatchObject([
      { severity: 3, text: 'high promises 99.5% within 30s, and its budget burns fast: 20 in 5m, 20 in 1h, - in 6h' },
    ])
    expect(await having('slow')).toMatchObject([{ severity: 2, goTo: { view: 'queues', key: 'high' } }])
    expect(await having('stalled')).toMatchObject([
      { severity: 3, text: 'high promises 99.5% within 30s, and nothing began within 5m while tasks wait longer' },
    ])
    expect(await having('met')).toEqual([])
    expect(await having('unknown')).toEqual([])
  })
})
