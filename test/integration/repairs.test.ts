import type { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Snooze } from '../../src/core/errors.ts'
import { Events } from '../../src/core/events.ts'
import { defineTask } from '../../src/core/handlers.ts'
import { Inspector } from '../../src/core/inspector.ts'
import { repairQueue } from '../../src/core/repair.ts'
import { QueueSet } from '../../src/core/upkeep/queue-set.ts'
import { Reaper } from '../../src/core/upkeep/reaper.ts'
import { Repairer } from '../../src/core/upkeep/repairer.ts'
import type { EventMap } from '../../src/core/index.ts'
import type { Repaired } from '../../src/core/verbs.ts'
import { dq } from '../helpers/cli.ts'
import { connect, sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { gate, workbench, type Workbench } from '../helpers/workbench.ts'

const LEASE_MS = 600

interface Watch {
  readonly repairs: EventMap['reaper.repaired'][]
  readonly warnings: string[]
  /** A connection that knows nothing of books. */
  readonly raw: Redis
}

/** A repairer and a reaper beside the workers of a bench, as a daemon has them, in a hurry. */
async function watch({ redis, namespace, broker }: Workbench): Promise<Watch> {
  const events = new Events()
  const repairs: EventMap['reaper.repaired'][] = []
  events.on('reaper.repaired', (data) => repairs.push(data))
  const warnings: string[] = []
  const note = (event: string): void => void warnings.push(event)
  const log = { info: () => {}, warn: note, error: note }
  const queues = new QueueSet(redis, namespace, ['default'], log)
  const options = { redis, namespace, broker, inspector: new Inspector(redis, namespace), events, log, queues }
  const parts = [
    new Repairer({ ...options, leaseMs: LEASE_MS, everyMs: 50 }),
    new Reaper({ ...options, leaseMs: LEASE_MS, intervalMs: 50, resultTtlMs: 60_000 }),
  ]
  for (const part of parts) await part.start()
  const { server } = await sharedRedis()
  const raw = connect(server)
  onTestFinished(async () => {
    for (const part of parts) await part.stop()
    raw.disconnect()
  })
  return { repairs, warnings, raw }
}

const kindsOf = ({ repairs }: Watch): string[] => [
  ...new Set(repairs.flatMap(({ repaired }) => repaired.map(({ what }) => what))),
]

describe('damage that no part of the system does heals while it runs:', () => {
  it('leases and grants that were lost under running tasks', async () => {
    const bench = await workbench()
    const seen = await watch(bench)
    const open = gate()
    const runs: string[] = []
    const run = async (payload: unknown): Promise<void> => {
      runs.push(String(payload))
      await open.promise
    }
    await bench.work({ wait: run }, { leaseMs: LEASE_MS, concurrency: 4 })
    const ids = (await Promise.all(['a', 'b', 'c'].map((name) => bench.client.enqueue('wait', name)))).map(
      ({ id }) => id,
    )
    await until(() => runs.length === 3)
    await seen.raw.del(bench.keys.leases, bench.keys.grants)
    await until(() => kindsOf(seen).includes('grant'), { what: 'the grants to be made anew' })
    open.open()
    for (const id of ids) await bench.untilState(id, 'completed')
    expect(new Set(runs)).toEqual(new Set(['a', 'b', 'c']))
    expect(seen.warnings).toEqual([])
  })

  it('leases that were lost by workers that are gone', async () => {
    const bench = await workbench()
    const seen = await watch(bench)
    const { id } = await bench.client.enqueue('a', 1)
    const quotas = { high: 1, default: 1, low: 1 }
    const request = { worker: 'dead', want: 1, quotas, leaseMs: LEASE_MS, timeoutMs: 1_000, idle: true, timeouts: {} }
    await bench.broker.claim('default', { ...request, contains: '', spare: 0 })
    await seen.raw.del(bench.keys.leases)
    await bench.work({ a: () => 'done' }, { leaseMs: LEASE_MS })
    expect(await bench.untilState(id, 'completed')).toMatchObject({ result: 'done', attempt: 2 })
  })

  it('entries that were lost from a line, and entries that were doubled', async () => {
    const bench = await workbench()
    const { raw } = await watch(bench)
    const names = Array.from({ length: 40 }, (_, i) => `t${i}`)
    await bench.client.operator.pause('default')
    const ids = (await Promise.all(names.map((name) => bench.client.enqueue('a', name)))).map(({ id }) => id)
    const runs: string[] = []
    await bench.work({ a: (payload) => void runs.push(String(payload)) }, { concurrency: 4 })
    await raw.lrem(bench.keys.pending_default, 1, ids[7]!)
    await raw.lrem(bench.keys.pending_default, 1, ids[23]!)
    await raw.lpush(bench.keys.pending_low, ids[3]!, ids[3]!)
    await raw.rpush(bench.keys.pending_high, ids[30]!)
    await until(async () => (await bench.client.inspector.verifyDeep('default')).ok, { what: 'the books to balance' })
    await bench.client.operator.resume('default')
    for (const id of ids) await bench.untilState(id, 'completed')
    expect(runs.toSorted()).toEqual(names.toSorted())
  })

  it('a line that was lost as a whole while tasks come and go', async () => {
    const bench = await workbench()
    const { raw } = await watch(bench)
    const runs: string[] = []
    const enqueue = async (name: string): Promise<string> => (await bench.client.enqueue('a', name)).id
    const firsts = await Promise.all(Array.from({ length: 300 }, (_, i) => enqueue(`first ${i}`)))
    await bench.work({ a: (payload) => void runs.push(String(payload)) }, { concurrency: 2 })
    await until(() => runs.length > 0)
    await raw.del(bench.keys.pending_default)
    const seconds = await Promise.all(Array.from({ length: 300 }, (_, i) => enqueue(`second ${i}`)))
    for (const id of [...firsts, ...seconds]) await bench.untilState(id, 'completed')
    expect(runs).toHaveLength(600)
    expect(new Set(runs).size).toBe(600)
  })
})

it('books that nobody can mend are told once, and looked at less and less', async () => {
  const bench = await workbench()
  const seen = await watch(bench)
  await bench.client.enqueue('a', 1)
  await seen.raw.hincrby(bench.keys.counters, 'completed:a', 1)
  const looks = async (): Promise<number> => {
    const stats = await seen.raw.info('commandstats')
    return Number(/cmdstat_hscan:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  }
  await until(() => seen.warnings.length > 0)
  expect(seen.warnings).toEqual(['repair.unable'])
  const before = await looks()
  await until(async () => (await looks()) > before, { what: 'another look' })
  expect(seen.warnings).toEqual(['repair.unable'])
  expect(seen.repairs).toEqual([])
  await seen.raw.hincrby(bench.keys.counters, 'completed:a', -1)
})

it('a sound queue is never looked at task by task, however busy it is', async () => {
  const bench = await workbench()
  const seen = await watch(bench)
  let runs = 0
  await bench.work({ a: () => void runs++ }, { concurrency: 8 })
  await seen.raw.config('RESETSTAT')
  for (let wave = 0; wave < 10; wave++) {
    await bench.client.enqueueMany(Array.from({ length: 100 }, () => ({ type: 'a', payload: 1 })))
    await until(() => runs === (wave + 1) * 100)
  }
  expect(await seen.raw.info('commandstats')).not.toMatch(/cmdstat_hscan/)
  expect(seen.repairs).toEqual([])
})

/** Counts the findings that are sent to be proven. */
class CountingBroker extends Broker {
  sent = 0

  override repair(...args: Parameters<Broker['repair']>): ReturnType<Broker['repair']> {
    this.sent += args[1].length
    return super.repair(...args)
  }
}

it('passes over a busy queue find much that only moves, and mend nothing', async () => {
  const bench = await workbench()
  const { redis, namespace, client } = bench
  const tried = new Set<number>()
  const run = (payload: unknown): void => {
    const n = Number(payload)
    if (tried.has(n)) return
    tried.add(n)
    if (n % 7 === 0) throw new Snooze(1)
    if (n % 11 === 0) throw new Error('once')
  }
  const flaky = defineTask({ type: 'a', retry: { base: '1ms', jitter: 'none' }, run })
  const enqueue = (from: number): Promise<unknown> =>
    client.enqueueMany(Array.from({ length: 2_000 }, (_, i) => ({ type: 'a', payload: from + i })))
  for (let n = 0; n < 4; n++) await enqueue(n * 2_000)
  await bench.work([flaky], { upkeep: true, concurrency: 20 })
  const broker = new CountingBroker(redis, { namespace })
  const repaired: Repaired[] = []
  const pass = async (): Promise<void> => {
    repaired.push(...(await repairQueue({ redis, namespace, broker, by: 'test', leaseMs: LEASE_MS }, 'default')))
  }
  for (let n = 4; n < 7; n++) await Promise.all([enqueue(n * 2_000), pass()])
  expect(broker.sent).toBeGreaterThan(0)
  expect(repaired).toEqual([])
  await until(() => bench.seen('task.completed').length === 14_000, { timeoutMs: 25_000, what: 'all to be done' })
})

describe('dq verify --repair', () => {
  it('mends what it finds by hand, says how much, and ends with 0', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('a', 1)
    await bench.client.enqueue('a', 2)
    await bench.redis.call('RPOP', bench.keys.pending_default)
    await bench.redis.call('HSET', bench.keys.cancels, id, 1)
    expect((await dq(bench, ['verify', '--deep'])).code).toBe(1)
    const { code, out } = await dq(bench, ['verify', '--deep', '--repair'])
    expect(code).toBe(0)
    expect(out).toMatch(/default: the books balance, 2 tasks looked at one by one/)
    expect(out).toMatch(/repaired: 1 back in line/)
    expect(out).toMatch(/repaired: 1 note forgotten/)
    expect(await bench.redis.call('LRANGE', bench.keys.pending_default, 0, -1)).toContain(id)
    const audit = JSON.stringify(await bench.redis.call('XRANGE', bench.keys.audit, '-', '+'))
    expect(audit).toMatch(/"repair","by","dq:[^"]+","count","2","detail","lined 1, note 1"/)
  })

  it('changes nothing on sound books', async () => {
    const bench = await workbench()
    await bench.client.enqueue('a', 1)
    const { code, out } = await dq(bench, ['verify', '--repair', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ ok: true, queues: [{ name: 'default', repaired: {} }] })
    expect(await bench.redis.call('EXISTS', bench.keys.audit)).toBe(0)
  })
})
