import { Client } from '../../../src/core/client.ts'
import type { Inspector } from '../../../src/core/inspector.ts'
import { openRedis } from '../../../src/core/redis.ts'
import { SCRIPTS } from '../../../src/core/scripts.ts'
import { totalOf } from '../../../src/core/snapshot.ts'
import type { QueueInfo } from '../../../src/core/task.ts'
import { Worker } from '../../../src/core/worker/worker.ts'
import { loadScripts, proxyOf, scriptCall } from '../../helpers/faults.ts'
import type { FaultProxy } from '../../helpers/proxy.ts'
import { startRedis } from '../../helpers/redis.ts'
import { until } from '../../helpers/until.ts'
import { type Actor, operate, produce, QUEUE, workOf } from '../cuts/actors.ts'
import { KINDS, Told } from '../cuts/told.ts'
import { choicesOf } from '../lib/choices.ts'
import { type ChaosLine, spreadOf } from '../lib/line.ts'

export interface CutsOptions {
  readonly seed: number
  /** How many replies of scripts get lost. */
  readonly cuts: number
  /** Hears how far the run is. */
  readonly say?: (text: string) => void
}

const NAMESPACE = 'cuts'
const WORKERS = 4
const PRODUCERS = 5
const OPERATORS = 3
const CHANCE = 0.3
const LEASE_MS = 6_000
const STUCK_MS = 60_000
const NEWS_MS = 5_000
/** From so many cuts on every script has to be among them. */
const LARGE = 1_000
/** Nothing is there to repair, and the schedule is ended when all is over. */
const SPARED = ['repair', 'unschedule']

/**
 * Every reply of a script may get lost after Redis ran it, with the connection. Whoever asked asks again, and in the end
 * what everybody was told has to be what Redis has counted, and each task has to have run as often as it should.
 */
export async function cuts(options: CutsOptions): Promise<ChaosLine> {
  const startedAt = performance.now()
  const server = await startRedis()
  const chance = choicesOf(options.seed, 'cuts')
  const proxy = await proxyOf(server, { random: () => chance.below(1_000_000) / 1_000_000 })
  const redis = openRedis({ url: server.url })
  const client = new Client({ redis, namespace: NAMESPACE })
  const told = new Told()
  const byScript = countCuts(proxy)
  const workers: Worker[] = []
  try {
    await loadScripts(redis)
    await client.operator.saveSchedule({ name: 'tick', spec: '@every 1s', type: 'tick' })
    workers.push(...(await startWorkers(proxy, told)))
    await act(options, proxy, told)
    await client.operator.removeSchedule('tick')
    await untilEnded(client.inspector)
    await Promise.all(workers.map((worker) => worker.stop()))
    if (options.cuts >= LARGE)
      for (const name of Object.keys(SCRIPTS))
        told.expect(byScript[name] !== undefined || SPARED.includes(name), `no reply of ${name} was cut`)
    const found = await compare(client.inspector, told)
    return {
      ...found,
      seed: options.seed,
      cuts: proxy.counts.cuts,
      cuts_by_script: byScript,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop({ graceMs: 0 })))
    redis.drop()
    await proxy.close()
    await server.stop()
  }
}

function countCuts(proxy: FaultProxy): Record<string, number> {
  const byScript: Record<string, number> = {}
  proxy.onCut = (command, args) => {
    const name = scriptCall(command, args)?.name ?? command
    byScript[name] = (byScript[name] ?? 0) + 1
  }
  return byScript
}

async function startWorkers(proxy: FaultProxy, told: Told): Promise<Worker[]> {
  const tasks = workOf(told)
  const common = {
    redisUrl: proxy.url,
    namespace: NAMESPACE,
    tasks,
    events: told.events,
    leaseMs: LEASE_MS,
    concurrency: 4,
  }
  const workers = Array.from({ length: WORKERS }, (_, i) => new Worker({ ...common, upkeep: i === 0 }))
  await Promise.all(workers.map((worker) => worker.start()))
  return workers
}

/** Producers and operators at work until enough replies were cut. */
async function act({ seed, cuts: wanted, say = () => {} }: CutsOptions, proxy: FaultProxy, told: Told): Promise<void> {
  const isOver = (): boolean => proxy.counts.cuts >= wanted
  const actors = Array.from({ length: PRODUCERS + OPERATORS }, (_, i): Actor => {
    const name = `actor${i}`
    const client = new Client({ redisUrl: proxy.url, namespace: NAMESPACE, by: name })
    return { client, told, choose: choicesOf(seed, name), name }
  })
  const tell = (): void => say(`${proxy.counts.cuts} of ${wanted} replies cut, ${told.enqueued.size} tasks`)
  const news = setInterval(tell, NEWS_MS)
  proxy.cutChance = CHANCE
  try {
    await Promise.all(
      actors.map((actor, i) => (i < OPERATORS ? operate(actor, i === 0, isOver) : produce(actor, isOver))),
    )
  } finally {
    proxy.cutChance = 0
    clearInterval(news)
    await Promise.all(actors.map(({ client }) => client.close()))
  }
}

async function untilEnded(inspector: Inspector): Promise<void> {
  await until(
    async () => {
      const [queue] = await inspector.snapshot([QUEUE])
      const { pending, scheduled, active } = queue!
      return pending.high + pending.default + pending.low + scheduled + active === 0
    },
    { what: 'all tasks to end', timeoutMs: STUCK_MS, everyMs: 50 },
  )
}

/** How far what was told is from what Redis has counted. */
function differencesOf({ counts, enqueued, unknown, runs }: Told, queue: QueueInfo): Record<string, number> {
  const { counters } = queue
  const ticks = [...runs.keys()].filter((id) => id.startsWith('tick:')).length
  const known: Record<string, number> = {
    enqueued: enqueued.size + ticks,
    completed: counts.completed,
    retried: counts.retried,
    dead: counts.dead,
    cancelled: counts.cancelled,
    replayed: counts.replayed,
    purged: counts.purged,
    restored: counts.restored,
  }
  const differences: Record<string, number> = {}
  for (const [event, count] of Object.entries(known)) {
    const most = event === 'enqueued' ? unknown : 0
    const more = totalOf(counters, event) - count
    if (more < 0 || more > most) differences[event] = more
  }
  if (counts.stale > totalOf(counters, 'reclaimed')) differences['stale'] = counts.stale
  return differences
}

/** Runs of each task beyond, and short of, what it should have had. */
function executionsOf(told: Told): { extra: number; lost: string[] } {
  let extra = 0
  const lost: string[] = []
  for (const [id, kind] of told.enqueued) {
    const due = KINDS[kind] + (told.replays.get(id) ?? 0)
    const runs = told.runs.get(id) ?? 0
    extra += Math.max(0, runs - due)
    if (runs < due && !told.cancelled.has(id)) lost.push(id)
  }
  for (const [id, runs] of told.runs) if (!told.enqueued.has(id)) extra += runs - 1
  return { extra, lost }
}

async function compare(inspector: Inspector, told: Told) {
  const [queue] = await inspector.snapshot([QUEUE])
  const differences = differencesOf(told, queue!)
  const { extra, lost } = executionsOf(told)
  const reclaimed = totalOf(queue!.counters, 'reclaimed')
  const enqueued = totalOf(queue!.counters, 'enqueued')
  const ticks = [...told.runs.keys()].filter((id) => id.startsWith('tick:')).length
  const doubles = Math.max(0, enqueued - ticks - told.enqueued.size - told.unknown)
  const drift = [...(await inspector.verify(QUEUE)).drift, ...(await inspector.verifyDeep(QUEUE)).problems]
  const violations = [
    ...told.wrong,
    ...Object.entries(differences).map(([event, more]) => `Redis counted ${more} ${event} beyond what was told`),
    ...drift,
  ]
  if (lost.length > 0) violations.push(`${lost.length} tasks ran too seldom: ${lost.slice(0, 5).join(' ')}`)
  if (extra > reclaimed) violations.push(`${extra} runs too many`)
  return {
    run: 'cuts',
    profile: 'fast' as const,
    tasks: told.enqueued.size,
    enqueued,
    acknowledged: told.enqueued.size,
    executed: told.runs.size,
    lost: lost.length,
    duplicate_executions: extra,
    duplicate_commits: Math.max(0, differences['completed'] ?? 0),
    stale_rejected: queue!.stale,
    dead: queue!.dead,
    kills: 0,
    pauses: 0,
    recovery_ms: spreadOf([]),
    bound_ms: 0,
    violations,
    divergence: Object.values(differences).reduce((sum, n) => sum + Math.abs(n), told.wrong.length),
    double_enqueues: doubles,
    unanswered: told.unknown,
    reclaimed,
  }
}
