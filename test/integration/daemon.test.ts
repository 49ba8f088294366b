import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { aDaemon, type DaemonOptions, idOf, type RunningDaemon } from '../helpers/daemon.ts'
import { sharedRedis, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const FAST = ['--lease-ttl', '1s', '--reaper-interval', '200ms', '--scheduler-interval', '100ms']

interface Bench {
  readonly client: Client
  /** Lines that handlers have written. */
  readonly effects: () => string[]
  readonly daemon: (options?: DaemonOptions) => Promise<RunningDaemon>
  readonly untilState: (id: string, state: string, timeoutMs?: number) => Promise<unknown>
}

/** A namespace of its own; at the end every id of it is in exactly one place. */
async function bench(redis?: { url: string }): Promise<Bench> {
  const { url, namespace } = redis === undefined ? await sharedRedis() : { ...redis, namespace: 'dq' }
  const client = new Client({ redisUrl: url, namespace })
  const folder = mkdtempSync(join(tmpdir(), 'dq-effects-'))
  const file = join(folder, 'effects')
  onTestFinished(async () => {
    for (const queue of await client.inspector.queueNames())
      expect(await client.inspector.verifyDeep(queue)).toMatchObject({ ok: true, problems: [] })
    await client.close()
    rmSync(folder, { recursive: true })
  })
  return {
    client,
    effects: () => {
      try {
        return readFileSync(file, 'utf8').trim().split('\n')
      } catch {
        return [] // ENOENT: nothing was written yet
      }
    },
    daemon: ({ args = [], ...rest } = {}) =>
      aDaemon({
        redisUrl: url,
        namespace,
        args: args.includes('--lease-ttl') ? args : [...FAST, ...args],
        env: { DQ_TEST_EFFECTS: file },
        ...rest,
      }),
    untilState: (id, state, timeoutMs = 10_000) =>
      until(async () => (await client.getTask(id))?.state === state, { what: `${id} to be ${state}`, timeoutMs }),
  }
}

it('runs what comes by HTTP and by library, and ends cleanly', async () => {
  const { client, daemon, untilState } = await bench()
  const running = await daemon()
  const id = idOf(await running.call('POST', '/v1/tasks', { body: { type: 'echo', payload: { a: 1 } } }))
  const other = await client.enqueue('echo', { b: 2 })
  await untilState(id, 'completed')
  await untilState(other.id, 'completed')
  expect(await client.getTask(other.id)).toMatchObject({
    worker: running.id,
    result: { payload: { b: 2 }, attempt: 1 },
  })
  expect(await running.stop()).toEqual({ code: 0, signal: null })
  expect(running.process.stderr).toEqual([])
  expect(await client.inspector.workers()).toEqual([])
})

it('gives the tasks of a killed daemon to another one within lease TTL and reaper interval', async () => {
  const { client, daemon, effects, untilState } = await bench()
  const first = await daemon()
  const tasks = await client.enqueueMany(Array.from({ length: 5 }, () => ({ type: 'stuck-once', payload: null })))
  await until(() => effects().filter((line) => line.startsWith('began')).length === 5)
  const second = await daemon()
  first.process.kill('SIGKILL')
  const killedMs = performance.now()
  await second.process.waitForLine(/"reaper\.reaped"/)
  // 1 s of lease, 0.2 s of interval, and some for a busy machine.
  expect(performance.now() - killedMs).toBeLessThan(2_500)
  for (const task of tasks) await untilState((task as { id: string }).id, 'completed', 20_000)
  const { items } = await client.inspector.tasks('default', 'completed')
  expect(items.map((task) => [task.attempt, task.worker])).toEqual(items.map(() => [2, second.id]))
  expect(items).toHaveLength(5)
})

it('gives running tasks back, uncounted, when they do not end within the grace', async () => {
  const { client, daemon, effects } = await bench()
  const running = await daemon({ args: ['--shutdown-grace', '300ms'] })
  const quick = await client.enqueue('slow', { ms: 200 })
  const slow = await client.enqueue('slow', { ms: 60_000 })
  await until(() => effects().length >= 2)
  const toldMs = performance.now()
  expect(await running.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - toldMs).toBeLessThan(2_300)
  expect(await client.getTask(quick.id)).toMatchObject({ state: 'completed' })
  expect(await client.getTask(slow.id)).toMatchObject({ state: 'pending', attempt: 0 })
  expect(await client.inspector.leases()).toEqual([])
})

it('gives them back at once at the second signal', async () => {
  const { client, daemon, effects } = await bench()
  const running = await daemon()
  const { id } = await client.enqueue('slow', { ms: 60_000 })
  await until(() => effects().length > 0)
  running.process.kill('SIGTERM')
  await running.process.waitForLine(/"daemon\.draining"/)
  expect(await running.call('GET', '/readyz')).toMatchObject({ status: 503, text: 'draining' })
  running.process.kill('SIGINT')
  expect(await running.process.exit).toEqual({ code: 0, signal: null })
  expect(await client.getTask(id)).toMatchObject({ state: 'pending', attempt: 0 })
})

it('claims nothing while it is quiet, by signal or because an operator asked', async () => {
  const { client, daemon, untilState } = await bench()
  const running = await daemon()
  const changes = (): number => running.process.stdout.filter((line) => line.includes('"daemon.quiet"')).length
  const provesQuiet = async (turn: (on: boolean) => unknown): Promise<void> => {
    const before = changes()
    await turn(true)
    await until(() => changes() === before + 1)
    expect(await client.inspector.workers()).toMatchObject([{ quiet: true }])
    const { id } = await client.enqueue('echo', 1)
    // By the time its other loops have brought this one into line, an idle worker would have taken the first.
    const { id: later } = await client.enqueue('echo', 2, { delay: '200ms' })
    await untilState(later, 'pending')
    expect(await client.getTask(id)).toMatchObject({ state: 'pending' })
    await turn(false)
    await untilState(id, 'completed')
    await untilState(later, 'completed')
  }
  await provesQuiet(() => running.process.kill('SIGUSR1'))
  await provesQuiet((on) => client.operator.quiet(running.id, on))
  expect(running.process.stderr.join()).not.toMatch(/debugger/i)
})

it('runs delayed tasks when they are due, and recurring ones slot by slot, with two daemons', async () => {
  const { client, daemon, untilState } = await bench()
  await Promise.all([daemon(), daemon()])
  await client.operator.saveSchedule({ name: 'tick', spec: '@every 1s', type: 'echo', payload: null })
  const dueMs = Date.now() + 400
  const { id } = await client.enqueue('echo', 1, { runAt: dueMs })
  await untilState(id, 'completed')
  const task = await client.getTask(id)
  expect(task!.startedAtMs! - dueMs).toBeGreaterThanOrEqual(0)
  expect(task!.startedAtMs! - dueMs).toBeLessThan(500)
  const slots = await until(async () => {
    const { items } = await client.inspector.tasks('default', 'completed')
    const times = items.flatMap(({ id: of }) => (of.startsWith('tick:') ? [Number(of.slice(5))] : []))
    return times.length >= 3 && times.toSorted((a, b) => a - b)
  })
  expect(slots.map((slot) => slot - slots[0]!)).toEqual(slots.map((_, i) => i * 1_000))
})

it('works again after Redis was away, without a restart, and says so once', async () => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  onTestFinished(() => server.stop())
  const { client, daemon, untilState } = await bench(server)
  const running = await daemon()
  const { id } = await client.enqueue('echo', 1, { delay: '1500ms' })
  await server.kill9()
  await running.process.waitForLine(/"redis\.down"/)
  await server.restart()
  await running.process.waitForLine(/"redis\.up".*is back after/)
  await untilState(id, 'completed')
  await until(async () => (await running.call('GET', '/readyz')).status === 200)
  expect(running.process.stdout.filter((line) => line.includes('"redis.down"'))).toHaveLength(1)
  expect(running.process.stdout.filter((line) => line.includes('"loop.failed"'))).toEqual([])
})

it('ends with a failure, having given back the rest, when handlers that do not end hold half of its slots', async () => {
  const { client, daemon, effects } = await bench()
  const running = await daemon({ args: ['--concurrency', '2'] })
  const slow = await client.enqueue('slow', { ms: 60_000 })
  await until(() => effects().length === 1)
  const deaf = await client.enqueue('deaf', {})
  expect(await running.process.exit).toEqual({ code: 1, signal: null })
  expect(running.process.stdout.join('\n')).toMatch(/1 of 2 slots are held by handlers that do not end/)
  expect(await client.getTask(slow.id)).toMatchObject({ state: 'pending', attempt: 0 })
  // Its next attempt may have come into line before the daemon was gone.
  expect(await client.getTask(deaf.id)).toMatchObject({
    state: expect.stringMatching(/^(retrying|pending)$/) as string,
    error: { reason: 'timeout' },
  })
})

it('finds out the task that kills its process, and spares its neighbours', async () => {
  const { client, daemon, untilState } = await bench()
  const neighbour = await client.enqueue('echo', 1)
  const { id } = await client.enqueue('crash', {})
  const isDead = async (): Promise<boolean> => (await client.getTask(id))?.state === 'dead'
  const codes: (number | null)[] = []
  while (!(await isDead())) {
    const { exit } = (await daemon()).process
    let ended = false
    void exit.then(({ code }) => codes.push(code)).then(() => (ended = true))
    await until(async () => ended || (await isDead()), { timeoutMs: 15_000 })
  }
  // Twice it takes its daemon along; then it dies in processes of its own.
  expect(codes).toEqual([1, 1])
  expect(await client.getTask(id)).toMatchObject({ error: { reason: 'poison' } })
  await untilState(neighbour.id, 'completed')
}, 60_000)

it('ends itself when a handler blocks it past every deadline, so that its supervisor starts another', async () => {
  const { client, daemon } = await bench()
  const { process } = await daemon({ args: ['--lease-ttl', '1s'] })
  const { id } = await client.enqueue('spin', {})
  expect(await process.exit).toEqual({ code: null, signal: 'SIGKILL' })
  expect(process.stderr.join('\n')).toContain('the event loop is blocked for')
  expect(await client.getTask(id)).toMatchObject({ attempt: 1, error: { reason: 'timeout' } })
}, 60_000)

it('costs an idle Redis about nothing', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const { client, daemon } = await bench(server)
  await daemon({ args: ['--lease-ttl', '30s', '--reaper-interval', '5s', '--scheduler-interval', '1s'] })
  const redis = (await import('../../src/core/index.ts')).openRedis({ url: server.url })
  onTestFinished(() => redis.close())
  const calls = async (): Promise<{ atMs: number; n: number }> => {
    const info = String(await redis.call('INFO', 'commandstats'))
    // Commands inside of scripts are part of their script.
    const of = (name: string): number => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    const all = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name]) => name!)
    const outside = [
      'evalsha',
      'eval',
      'blpop',
      'brpop',
      'blmpop',
      'zadd',
      'sismember',
      'smembers',
      'set',
      'ping',
      'subscribe',
    ]
    return {
      atMs: performance.now(),
      n: outside.filter((name) => all.includes(name)).reduce((sum, name) => sum + of(name), 0),
    }
  }
  await until(async () => (await client.inspector.workers()).length === 1)
  const before = await calls()
  await until(() => performance.now() - before.atMs > 6_000)
  const after = await calls()
  expect((after.n - before.n) / ((after.atMs - before.atMs) / 1_000)).toBeLessThan(2)
})
