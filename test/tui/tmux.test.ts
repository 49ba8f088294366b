import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { startDaemon } from '../helpers/daemon.ts'
import { ROOT } from '../helpers/process.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { DQ_TOP, type Tmux, aTerminal } from './harness/tmux.ts'

let server: RedisServer
let client: Client

beforeEach(async () => {
  if (!existsSync(join(ROOT, 'dist', 'tui', 'main.js'))) throw new Error('the console is not built: npm run build')
  server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  client = new Client({ redisUrl: server.url })
  onTestFinished(async () => {
    await client.close()
    await server.stop()
  })
})

const deadCount = async (): Promise<number> => (await client.inspector.snapshot(['default']))[0]?.dead ?? 0

/** A real daemon that buries every task it gets, some of them waiting in another queue. */
async function buried(tasks: number): Promise<void> {
  const daemon = await startDaemon({
    redisUrl: server.url,
    args: ['--roles', 'worker,reaper,scheduler', '--max-retries', '0'],
    env: { WORKER_SLEEP_MS: '1', WORKER_FAILURE_PCT: '100' },
  })
  onTestFinished(async () => {
    daemon.process.kill('SIGKILL')
    await daemon.process.exit
  })
  const item = (n: number) => ({ type: 'demo.email', payload: { to: `n${n}@example.com` } })
  await client.enqueueMany(Array.from({ length: tasks }, (_, n) => item(n)))
  await until(async () => (await deadCount()) === tasks, { timeoutMs: 20_000, what: 'the tasks to die' })
}

async function open(columns = 80, rows = 24, options = ''): Promise<Tmux> {
  const tmux = await aTerminal(columns, rows)
  tmux.type(`${DQ_TOP} --redis-url ${server.url} ${options}\n`)
  await tmux.shows('Health')
  return tmux
}

describe('the built console in a terminal of 80x24, on a real Redis with a real daemon', { timeout: 90_000 }, () => {
  it('replays from the DLQ by keyboard', async () => {
    await buried(12)
    const top = await open()
    await top.shows(/DLQ:12!/)
    top.keys('4')
    // The rows of the list itself: the overview speaks of the type, too.
    await top.shows(/^> +\S+ +demo\.email/m)
    top.type('jjj')
    top.keys('R')
    await top.shows(/Replay demo\.email .* to default, 0 deep\?/)
    await client.operator.pause('default')
    await top.answers('y', 'replayed 1 task')
    await top.shows(/DLQ  11 /)
    expect(await deadCount()).toBe(11)
  })

  it('deletes everything with a typed phrase, and takes it back', async () => {
    await buried(12)
    const top = await open()
    top.keys('4')
    // The rows of the list itself: the overview speaks of the type, too.
    await top.shows(/^> +\S+ +demo\.email/m)
    top.keys('X')
    await top.shows('Type  purge 12  to go on')
    top.paste('purge 12')
    await top.shows('the phrase is to be typed, not pasted')
    expect(await top.answers('p', 'to go on:  p')).toContain('p_')
    top.keys('C-u', ...'purge'.split(''), 'Space', '1', '2')
    await top.shows('to go on:  purge 12_')
    top.keys('Enter')
    await top.shows('deleted 12 tasks')
    await until(async () => (await deadCount()) === 0)
    top.keys('U')
    await top.shows('Undo: delete of 12 tasks')
    await top.answers('y', '12 tasks are back in the DLQ')
    expect(await deadCount()).toBe(12)
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true, problems: [] })
  })

  it('pauses a queue and resumes it', async () => {
    await client.enqueue('later', {}, { queue: 'orders' })
    const top = await open()
    top.keys('2')
    await top.shows(/\[2 Queues[^]*orders +running/)
    top.keys('P')
    await top.shows('Pause orders? 1 wait')
    await top.answers('y', /orders +PAUSED/)
    expect((await client.inspector.snapshot(['orders']))[0]?.paused?.by).toMatch(/^dq-top:.+@.+/)
    top.keys('U')
    await top.shows('Undo: pause of orders?')
    await top.answers('y', /orders +running/)
  })

  it('shows workers and quiets one', async () => {
    await buried(1)
    const top = await open()
    top.keys('5')
    await top.shows(/working/)
    top.keys('W')
    await top.shows('No new tasks')
    await top.answers('y', / quiet /)
    expect((await client.inspector.workers())[0]?.quiet).toBe(true)
  })

  it('stays when Redis is killed, and goes on when it is back', async () => {
    await client.enqueue('later', {}, { queue: 'orders' })
    const top = await open()
    top.keys('2')
    await top.shows(/orders +running +1/)
    await server.kill9()
    const lost = await top.shows('DISCONNECTED')
    expect(lost).toMatch(/orders +running +1/)
    top.keys('P')
    await top.shows('not connected: nothing can be changed now')
    await server.restart()
    const back = await top.shows(/^(?!.*DISCONNECTED)/s)
    expect(back).toMatch(/orders +running +1/)
    await client.enqueue('later', {}, { queue: 'orders' })
    await top.shows(/orders +running +2/)
  })

  it('follows the size of the terminal', async () => {
    await client.enqueue('later', {}, { queue: 'orders' })
    const top = await open()
    for (const [columns, rows] of [
      [120, 32],
      [60, 15],
      [100, 40],
      [80, 24],
    ] as const) {
      top.resize(columns, rows)
      const screen = await top.shows(new RegExp(`^( dq-top|\\[1).*\\n(.*\\n){${rows - 2}} .*q back *$`))
      expect(screen).toContain('orders')
    }
    top.resize(50, 12)
    await top.shows('this terminal is 50x12')
    top.resize(80, 24)
    await top.shows('Throughput')
  })
})

describe('the terminal', { timeout: 90_000 }, () => {
  it.each([
    ['q', (top: Tmux) => top.keys('q')],
    ['Ctrl-c', (top: Tmux) => top.keys('C-c')],
    ['SIGTERM', (top: Tmux) => process.kill(top.pidOf('dq-top'), 'SIGTERM')],
    ['SIGHUP', (top: Tmux) => process.kill(top.pidOf('dq-top'), 'SIGHUP')],
  ])('is as it was after %s', async (_name, end) => {
    const top = await open()
    expect(top.modes()).toBe('1 0')
    end(top)
    await top.atPrompt()
    top.type('stty -a | grep -o -- "-*icanon"\n')
    await top.shows(/^icanon$/m)
  })

  it('is lent to the shell by Ctrl-z, and fg brings the console back', async () => {
    const top = await open()
    top.keys('C-z')
    await top.atPrompt()
    top.type('echo in the shell\n')
    await top.shows(/^in the shell$/m)
    top.type('fg\n')
    await top.shows('Throughput')
    top.keys('2')
    await top.shows('[2 Queues')
    top.keys('q')
    expect(await top.atPrompt()).toContain('in the shell')
  })

  it('shows what to try when Redis is not there, and the overview when it comes', async () => {
    await server.kill9()
    const top = await aTerminal()
    top.type(`${DQ_TOP} --redis-url ${server.url}\n`)
    const screen = await top.shows('Cannot read from Redis')
    expect(screen).toContain('--redis-url, REDIS_URL')
    await server.restart()
    await top.shows('Health')
    top.keys('q')
    await top.atPrompt()
  })
})
