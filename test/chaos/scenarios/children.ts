import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../../../src/core/client.ts'
import { Events } from '../../../src/core/events.ts'
import { totalOf } from '../../../src/core/snapshot.ts'
import { Worker } from '../../../src/core/worker/worker.ts'
import { startRedis } from '../../helpers/redis.ts'
import { until } from '../../helpers/until.ts'
import tasks from '../fixtures/children.ts'
import { driftOf } from '../lib/books.ts'
import { choicesOf } from '../lib/choices.ts'
import { type ChaosLine, spreadOf } from '../lib/line.ts'
import type { Setting } from '../lib/setting.ts'

const DEATHS = 100
const TASKS_PER_DEATH = 3
const SLOTS = 4
/** From the death of a child to its task being in line again. */
const BOUND_MS = 1_000
const STUCK_MS = 600_000

/** Processes of isolated handlers die: their tasks are in line again at once, and their neighbours notice nothing. */
export async function children({ seed, profile, faults = DEATHS, say }: Setting): Promise<ChaosLine> {
  const startedAt = performance.now()
  const choose = choicesOf(seed, 'children')
  const server = await startRedis()
  const folder = mkdtempSync(join(tmpdir(), 'dq-children-'))
  const file = join(folder, 'effects')
  writeFileSync(file, '')
  const client = new Client({ redisUrl: server.url })
  const events = new Events()
  const backAt = new Map<string, number>()
  events.on('task.crashed', ({ id, attempt }) => backAt.set(`${id} ${attempt}`, Date.now()))
  // Leases are so long that nothing is taken back by their end.
  const worker = new Worker({ redisUrl: server.url, tasks, events, concurrency: SLOTS, leaseMs: 600_000 })
  try {
    const total = faults * TASKS_PER_DEATH
    const plans = Array.from({ length: total }, (_, i) => ({
      file,
      deaths: i < faults ? 1 : 0,
      ms: choose.between(0, 20),
    }))
    const payloads = choose.shuffled(plans)
    const results = await client.enqueueMany(payloads.map((payload) => ({ type: 'mortal', payload })))
    const ids = results.map((result) => ('error' in result ? '' : result.id))
    await worker.start()
    const completed = async (): Promise<number> => {
      const [queue] = await client.inspector.snapshot(['default'])
      return totalOf(queue!.counters, 'completed')
    }
    await until(async () => (await completed()) >= total, {
      what: 'all tasks to end',
      timeoutMs: STUCK_MS,
      everyMs: 200,
    })
    say(`${total} tasks done, ${backAt.size} children died`)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const notes = lines.map((line) => line.split(' ') as [string, string, string, string, string])
    const done = notes.filter(([what]) => what === 'did').map(([, id]) => id)
    const deaths = notes.filter(([what]) => what === 'died')
    const recovery = deaths.map(
      ([, id, attempt, , atMs]) => (backAt.get(`${id} ${attempt}`) ?? Infinity) - Number(atMs),
    )
    const lost = ids.filter((id) => !done.includes(id)).length
    const [queue] = await client.inspector.snapshot(['default'])
    const violations = await driftOf(client.inspector)
    if (lost > 0) violations.push(`${lost} tasks were lost`)
    if (done.length !== total) violations.push(`${done.length} runs ended well, of ${total} tasks`)
    if (deaths.length !== faults) violations.push(`${deaths.length} children died, not ${faults}`)
    const spread = spreadOf(recovery)
    if (profile !== 'short' && spread.max > BOUND_MS) violations.push(`recovery took ${spread.max} ms`)
    return {
      run: 'children',
      seed,
      profile,
      tasks: total,
      enqueued: totalOf(queue!.counters, 'enqueued'),
      acknowledged: ids.length,
      executed: new Set(done).size,
      lost,
      duplicate_executions: done.length - new Set(done).size,
      duplicate_commits: Math.max(0, totalOf(queue!.counters, 'completed') - total),
      stale_rejected: queue!.stale,
      dead: queue!.dead,
      kills: deaths.length,
      pauses: 0,
      recovery_ms: spread,
      bound_ms: profile === 'short' ? 0 : BOUND_MS,
      violations,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      reclaimed: totalOf(queue!.counters, 'reclaimed'),
    }
  } finally {
    await worker.stop({ graceMs: 0 })
    await client.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}
