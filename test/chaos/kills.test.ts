import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { aDaemon, type RunningDaemon } from '../helpers/daemon.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const KILLS = 20
const DAEMONS = 2
/** Work in line is kept at about this. */
const AHEAD = 300
const FAST = [
  '--roles',
  'worker,scheduler,reaper,api',
  '--lease-ttl',
  '1s',
  '--reaper-interval',
  '200ms',
  '--concurrency',
  '20',
]

/** Repeatable choices: the seed is printed with every failure. */
function choices(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

it(`loses nothing over ${KILLS} kills under load`, async () => {
  const seed = Number(process.env['DQ_SEED'] ?? Date.now() % 1_000_000)
  const choose = choices(seed)
  const server = await startRedis()
  const folder = mkdtempSync(join(tmpdir(), 'dq-chaos-'))
  const file = join(folder, 'effects')
  const client = new Client({ redisUrl: server.url })
  onTestFinished(async () => {
    await client.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  const start = (): Promise<RunningDaemon> =>
    aDaemon({ redisUrl: server.url, args: FAST, env: { DQ_TEST_EFFECTS: file } })
  /** Ids in the order in which their handlers ended; kept where no Redis can lose it. */
  const effects = (): string[] =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]!)

  const acknowledged: string[] = []
  const feed = async (): Promise<void> => {
    const [queue] = await client.inspector.snapshot(['default'])
    const missing = AHEAD - queue!.pending.default
    if (missing <= 0) return
    const results = await client.enqueueMany(Array.from({ length: missing }, () => ({ type: 'effect', payload: null })))
    for (const result of results) acknowledged.push((result as { id: string }).id)
  }

  await feed()
  const daemons = await Promise.all(Array.from({ length: DAEMONS }, start))
  for (let kill = 0; kill < KILLS; kill++) {
    const enough = effects().length + 20 + choose(80)
    await until(async () => (await feed(), effects().length >= enough), {
      what: `more effects before kill ${kill}, seed ${seed}`,
      timeoutMs: 30_000,
    })
    const at = choose(DAEMONS)
    daemons[at]!.process.kill('SIGKILL')
    await daemons[at]!.process.exit
    daemons[at] = await start()
  }

  const total = new Set(acknowledged).size
  const counts = async (): Promise<Record<'completed' | 'dead', number>> => {
    const [queue] = await client.inspector.snapshot(['default'])
    const sum = (event: string): number => Object.values(queue!.counters[event] ?? {}).reduce((a, b) => a + b, 0)
    return { completed: sum('completed'), dead: queue!.dead }
  }
  await until(
    async () => {
      const { completed, dead } = await counts()
      return completed + dead === total
    },
    { what: `the end of all ${total} tasks, seed ${seed}`, timeoutMs: 90_000 },
  )
  for (const daemon of daemons) expect(await daemon.stop()).toEqual({ code: 0, signal: null })

  const done = effects()
  const executed = new Set(done)
  const [queue] = await client.inspector.snapshot(['default'])
  const reclaimed = Object.values(queue!.counters['reclaimed'] ?? {}).reduce((a, b) => a + b, 0)
  const dead = await client.inspector.deadPage('default', { limit: 500 })
  expect(
    acknowledged.filter((id) => !executed.has(id)),
    `lost with seed ${seed}`,
  ).toEqual(dead.items.map(({ id }) => id).filter((id) => !executed.has(id)))
  expect(dead.items.map(({ error }) => error?.reason)).toEqual(dead.items.map(() => 'poison'))
  // A task may run twice only if its daemon was killed while it held it.
  expect(done.length - executed.size).toBeLessThanOrEqual(reclaimed)
  expect(reclaimed).toBeGreaterThan(0)
  expect(await client.inspector.verify('default')).toEqual({ ok: true, drift: [] })
  expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true, problems: [] })
}, 240_000)
