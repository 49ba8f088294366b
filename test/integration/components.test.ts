import { describe, expect, it, onTestFinished } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Events, Inspector, openRedis, Operator, type RedisClient } from '../../src/core/index.ts'
import type { Component } from '../../src/core/upkeep/component.ts'
import { ApiServer } from '../../src/daemon/api/server.ts'
import { DeclaredSchedules } from '../../src/core/upkeep/declared-schedules.ts'
import { Heartbeat } from '../../src/core/upkeep/heartbeat.ts'
import { Janitor } from '../../src/core/upkeep/janitor.ts'
import { Leader } from '../../src/daemon/leader.ts'
import type { Log } from '../../src/daemon/log.ts'
import { Loop } from '../../src/core/upkeep/loop.ts'
import { LoopLag } from '../../src/daemon/loop-lag.ts'
import { MetricsServer } from '../../src/daemon/metrics-server.ts'
import { SystemdNotifier } from '../../src/daemon/notify.ts'
import { QueueSet } from '../../src/core/upkeep/queue-set.ts'
import { Reaper } from '../../src/core/upkeep/reaper.ts'
import { OperationsDriver } from '../../src/core/upkeep/operations-driver.ts'
import { Outbox } from '../../src/core/upkeep/outbox.ts'
import { Reconciler } from '../../src/core/upkeep/reconciler.ts'
import { Repairer } from '../../src/core/upkeep/repairer.ts'
import { ScheduleBook } from '../../src/core/upkeep/schedule-book.ts'
import { WaitTally } from '../../src/core/worker/wait-tally.ts'
import { Scheduler } from '../../src/core/upkeep/scheduler.ts'
import { sharedRedis, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const complaints: string[] = []
const note = (event: string, message: string): void => void complaints.push(`${event} ${message}`)
const log: Log = { level: 'info', writes: () => true, debug: () => {}, info: () => {}, warn: note, error: note }

const address = { host: '127.0.0.1', port: 0 }

/** Every component there is, made anew by each call. */
function components(redis: RedisClient, namespace: string): Record<string, () => Component> {
  const shared = () => ({
    redis,
    namespace,
    log,
    events: new Events(),
    broker: new Broker(redis, { namespace, client: 'test' }),
    inspector: new Inspector(redis, namespace),
    queues: new QueueSet(redis, namespace, ['default'], log),
  })
  const vitals = { slots: 1, busy: 0, completed: 0, failed: 0, quiet: false }
  const about = { id: 'x', queues: [], roles: [], types: [], leaseMs: 1_000, vitals: () => vitals }
  return {
    loop: () => new Loop({ name: 'loop', redis, log, body: () => Promise.resolve(1) }),
    'loop-lag': () => new LoopLag(),
    queues: () => shared().queues,
    heartbeat: () => new Heartbeat({ ...shared(), ...about, onQuiet: () => {}, onOutdated: () => {} }),
    schedules: () => new ScheduleBook(shared()),
    'declared-schedules': () => {
      const operator = new Operator(shared().broker, redis, namespace, 'x')
      return new DeclaredSchedules({ redis, log, operator, source: 'dq.yaml', schedules: [] })
    },
    scheduler: () => new Scheduler({ ...shared(), schedules: new ScheduleBook(shared()), intervalMs: 5 }),
    outbox: () => new Outbox(shared()),
    reconciler: () => new Reconciler({ ...shared(), everyMs: 5 }),
    reaper: () => new Reaper({ ...shared(), intervalMs: 5, leaseMs: 1_000, resultTtlMs: 0 }),
    janitor: () => new Janitor({ ...shared(), resultMax: 10 }),
    operations: () => new OperationsDriver(shared()),
    repairer: () => new Repairer({ ...shared(), leaseMs: 1_000, everyMs: 5 }),
    waits: () => new WaitTally({ ...shared(), queues: ['default'] }),
    leader: () => new Leader({ ...shared(), id: 'x' }),
    systemd: () => new SystemdNotifier({ NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '5000' }, () => true),
    metrics: () =>
      new MetricsServer({ address, allowedHosts: [], contentType: 'text/plain', read: () => Promise.resolve('') }),
    api: () =>
      new ApiServer({
        address,
        allowedHosts: [],
        keys: {
          apiKey: undefined,
          file: undefined,
          stored: { read: () => Promise.resolve({ keys: [], isEmpty: true }) },
        },
        place: { redis, namespace },
        log,
        api: {} as ConstructorParameters<typeof ApiServer>[0]['api'],
      }),
  }
}

async function withRedis(): Promise<{ redis: RedisClient; namespace: string }> {
  const { url, namespace } = await sharedRedis()
  const redis = openRedis({ url })
  onTestFinished(() => redis.close())
  await redis.ready()
  return { redis, namespace }
}

const NAMES = Object.keys(components({} as RedisClient, 'x'))

describe('every component', () => {
  it.each(NAMES)('%s may be stopped at any time: before it starts, while it starts, and again', async (name) => {
    const { redis, namespace } = await withRedis()
    const make = components(redis, namespace)[name]!
    complaints.length = 0
    for (let round = 0; round < 20; round++) {
      const component = make()
      if (round % 4 === 0) await component.stop()
      const starting = component.start()
      if (round % 2 === 0) await starting
      if (round % 3 === 0) await component.start()
      await Promise.all([component.stop(), component.stop(), starting])
      await component.stop()
    }
    expect(complaints).toEqual([])
  })

  it.each(NAMES)('%s starts and stops without a Redis', async (name) => {
    const redis = openRedis({ url: 'redis://127.0.0.1:1' })
    onTestFinished(() => redis.drop())
    const component = components(redis, 'x')[name]!()
    complaints.length = 0
    await component.start()
    const stoppedMs = performance.now()
    await component.stop()
    expect(performance.now() - stoppedMs).toBeLessThan(1_500)
    expect(complaints).toEqual([])
  })
})

describe('a loop', () => {
  it('survives failures, tells of each kind once, and of its recovery', async () => {
    const { redis } = await withRedis()
    const lines: string[] = []
    const tell = (event: string, message: string): void => void lines.push(`${event}: ${message}`)
    let turns = 0
    const body = (): Promise<number> => (++turns <= 3 ? Promise.reject(new Error('broken')) : Promise.resolve(60_000))
    const loop = new Loop({ name: 'test', redis, log: { ...log, info: tell, error: tell }, body, random: () => 0 })
    await loop.start()
    await until(() => turns === 4 && lines.length === 2)
    await loop.stop()
    expect(lines).toEqual([
      'loop.failed: test failed and will be tried again: broken',
      'loop.recovered: test works again',
    ])
  })

  it('turns when it is nudged, earlier than planned and never later', async () => {
    const { redis } = await withRedis()
    let turns = 0
    const loop = new Loop({ name: 'test', redis, log, body: () => (turns++, Promise.resolve(60_000)) })
    await loop.start()
    await until(() => turns === 1)
    loop.nudge()
    await until(() => turns === 2)
    const askedMs = performance.now()
    loop.nudge(50)
    loop.nudge(5_000)
    await until(() => turns === 3)
    expect(performance.now() - askedMs).toBeGreaterThan(45)
    expect(performance.now() - askedMs).toBeLessThan(3_000)
    await loop.stop()
  })

  it('rests while Redis is away, and turns as soon as it is back', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const redis = openRedis({ url: server.url })
    onTestFinished(() => redis.drop())
    await redis.ready()
    let turns = 0
    const loop = new Loop({ name: 'test', redis, log, body: async () => (await redis.call('PING'), turns++, 10) })
    await loop.start()
    await until(() => turns > 3)
    await server.kill9()
    await until(() => !redis.isUp)
    const before = turns
    await server.restart()
    await until(() => turns > before + 3)
    await loop.stop()
    const after = turns
    loop.nudge()
    expect(turns).toBe(after)
  })
})
