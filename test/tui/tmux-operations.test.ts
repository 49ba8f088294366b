import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { startDaemon } from '../helpers/daemon.ts'
import { ROOT } from '../helpers/process.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { DQ_TOP, type Tmux, aTerminal } from './harness/tmux.ts'

/** `DQ_REPLAY_TASKS=50000` takes the size of a bad night. */
const TASKS = Number(process.env['DQ_REPLAY_TASKS'] ?? 2_000)
const FAST = 200
const ENDS_MS = 60_000 + (TASKS / FAST) * 2_000
const BATCH = 2_000

interface Buried {
  readonly url: string
  readonly client: Client
  readonly counts: () => Promise<Awaited<ReturnType<Client['inspector']['snapshot']>>[number]>
}

/** A paused queue with dead tasks, and a daemon that drives what consoles begin. */
async function buried(): Promise<Buried> {
  if (!existsSync(join(ROOT, 'dist', 'tui', 'main.js'))) throw new Error('the console is not built: npm run build')
  const server = await startRedis()
  const client = new Client({ redisUrl: server.url })
  const daemon = await startDaemon({
    redisUrl: server.url,
    args: ['--roles', 'worker,reaper,scheduler', '--max-retries', '0', '--concurrency', '50'],
    env: { WORKER_SLEEP_MS: '1', WORKER_FAILURE_PCT: '100' },
  })
  onTestFinished(async () => {
    daemon.process.kill('SIGKILL')
    await daemon.process.exit
    await client.close()
    await server.stop()
  })
  const counts = async () => (await client.inspector.snapshot(['default']))[0]!
  for (let from = 0; from < TASKS; from += BATCH) {
    const length = Math.min(BATCH, TASKS - from)
    const item = (n: number) => ({ type: 'demo.email', payload: { to: `n${from + n}@example.com` } })
    await client.enqueueMany(Array.from({ length }, (_, n) => item(n)))
  }
  await until(async () => (await counts()).dead === TASKS, { timeoutMs: ENDS_MS, what: 'the tasks to die' })
  await client.operator.pause('default')
  return { url: server.url, client, counts }
}

async function open(url: string): Promise<Tmux> {
  const tmux = await aTerminal(120, 32)
  tmux.type(`${DQ_TOP} --redis-url ${url}\n`)
  await tmux.shows('Health')
  tmux.keys('4')
  return tmux
}

/** A console that is killed once its replay of everything, so many a second, is under way. */
async function begunAndKilled(url: string, presses: readonly string[], perSecond: number): Promise<void> {
  const first = await open(url)
  await first.shows(`DLQ  ${TASKS}`)
  first.keys('*', 'R')
  await first.shows(`Type  replay ${TASKS}  to go on`)
  const [rate, ...others] = presses
  await first.answers('s', rate!)
  for (const shown of others) {
    first.keys('s')
    await first.shows(shown)
  }
  first.keys(...`replay ${TASKS}`.split('').map((sign) => (sign === ' ' ? 'Space' : sign)), 'Enter')
  await first.shows(`of ${TASKS} seen  ${perSecond}/s  running`)
  process.kill(first.pidOf('dq-top'), 'SIGKILL')
}

it(
  'a replay goes on in the daemon when its console is killed, and another console ends it',
  { timeout: ENDS_MS * 3 },
  async () => {
    const { url, client, counts } = await buried()
    await begunAndKilled(url, ['200 a second; s: 50', '50 a second; s: 10'], 50)
    const { id, done } = (await client.operations.list('default'))[0]!
    const now = async () => (await client.operations.find('default', id))!
    await until(async () => (await now()).done >= done + 200, { timeoutMs: 20_000, what: 'the daemon to drive it on' })
    const second = await open(url)
    await second.shows(new RegExp(`replay of default {2}all .* of ${TASKS} seen {2}50/s {2}running`))
    second.keys('C')
    await second.shows('End the replay of default?')
    await second.answers('y', 'the others are as they were')
    const ended = await now()
    expect(ended.state).toBe('cancelled')
    expect(ended.done).toBeLessThan(TASKS)
    expect(await counts()).toMatchObject({
      dead: TASKS - ended.done,
      pending: { high: 0, default: ended.done, low: 0 },
    })
    expect(await client.inspector.verify('default')).toMatchObject({ drift: [] })
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true, problems: [] })
  },
)

it(
  'a replay whose console was killed is followed from another one to its end, and every task comes back once',
  { timeout: ENDS_MS * 3 },
  async () => {
    const { url, client, counts } = await buried()
    await begunAndKilled(url, ['200 a second; s: 50'], FAST)
    const { id } = (await client.operations.list('default'))[0]!
    const now = async () => (await client.operations.find('default', id))!
    const second = await open(url)
    const progress = (text: string): number => Number(/(\d+) done, \d+ of \d+ seen/.exec(text)?.[1] ?? Number.NaN)
    const early = progress(await second.shows(new RegExp(` of ${TASKS} seen {2}${FAST}/s {2}running`)))
    await until(() => progress(second.screen()) > early, { timeoutMs: 20_000, what: 'the progress to be followed' })
    await second.shows(new RegExp(`${TASKS} done, ${TASKS} of ${TASKS} seen .* through`), ENDS_MS)
    const ended = await now()
    expect(ended).toMatchObject({ state: 'done', done: TASKS, scanned: TASKS, skipped: 0 })
    expect(await counts()).toMatchObject({ dead: 0, pending: { high: 0, default: TASKS, low: 0 } })
    // The rate is a bound: whoever drives it, and however many, no faster.
    const seconds = (ended.updatedAtMs - ended.createdAtMs) / 1_000
    expect(TASKS / seconds).toBeLessThan(FAST * 1.2)
    expect(await client.inspector.verify('default')).toMatchObject({ drift: [] })
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true, problems: [] })
  },
)
