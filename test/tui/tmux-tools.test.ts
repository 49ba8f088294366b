import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Client, Discard, Worker } from '../../src/core/index.ts'
import { ROOT } from '../helpers/process.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { DQ_TOP, type Tmux, aTerminal } from './harness/tmux.ts'

let server: RedisServer
let client: Client
let folder: string

beforeEach(async () => {
  if (!existsSync(join(ROOT, 'dist', 'tui', 'main.js'))) throw new Error('the console is not built: npm run build')
  server = await startRedis()
  client = new Client({ redisUrl: server.url })
  folder = mkdtempSync(join(tmpdir(), 'dq-top-test-'))
  onTestFinished(async () => {
    await client.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  })
})

async function open(options = '', env = ''): Promise<Tmux> {
  const tmux = await aTerminal(80, 24)
  tmux.type(`cd ${folder}\n`)
  tmux.type(`${env} ${DQ_TOP} --redis-url ${server.url} ${options}\n`)
  await tmux.shows('Health')
  return tmux
}

const HOUR_MS = 3_600_000

describe('the built console in a terminal', { timeout: 90_000 }, () => {
  it('shows a task in the pager and comes back', async () => {
    await client.enqueue('mail', { note: 'a\x1b[31mb', end: 'the last line' }, { id: 'm1', delay: HOUR_MS })
    const top = await open()
    top.keys('7')
    await top.shows(/> +m1 /)
    top.keys('Enter')
    await top.shows('Payload')
    top.keys('v')
    const page = await top.shows('Task m1  scheduled')
    expect(page).toContain('"note": "a\\e[31mb"')
    top.keys('q')
    await top.shows('7 Delayed > task')
    expect(top.modes()).toBe('1 0')
  })

  it('gives the payload of a dead task to the editor, and replays it with what was written', async () => {
    const tasks = { mail: () => Promise.reject(new Discard('no such address')) }
    const worker = new Worker({ redisUrl: server.url, tasks })
    await worker.start()
    await client.enqueue('mail', { to: 'anna', n: 1 }, { id: 'm1' })
    await until(async () => (await client.getTask('m1'))?.state === 'dead', { what: 'the task to die' })
    await worker.stop()
    const script = 'if [ -e once ]; then sed -i s/oops/bob\\"/ "$1"; else touch once; sed -i s/anna.,/oops,/ "$1"; fi\n'
    writeFileSync(join(folder, 'editor.sh'), script)
    const top = await open('', `EDITOR=false VISUAL='sh ${folder}/editor.sh'`)
    top.keys('4')
    await top.shows(/> +m1 /)
    top.keys('Enter')
    await top.shows('Payload')
    top.keys('E')
    await top.shows('line 2, column 9: a string that does not end:  e edit again')
    top.keys('e')
    expect(await top.shows('Replay it with the changed payload?')).toContain('to: "anna" → "bob"')
    await top.answers('y', /replayed .* with the changed payload/)
    expect(top.modes()).toBe('1 0')
    expect(await client.getTask('m1')).toMatchObject({ state: 'pending', payload: { to: 'bob', n: 1 } })
    expect(await client.inspector.audit({ limit: 1 })).toMatchObject([{ action: 'edited', detail: 'm1' }])
  })

  it('writes the tasks that match to a file that only its owner can read', async () => {
    for (const n of [1, 2, 3]) await client.enqueue('mail', { n }, { id: `m${n}`, delay: HOUR_MS + n })
    const top = await open()
    top.keys('7')
    await top.shows(/> +m1 /)
    top.type('/payload.n:2')
    top.keys('Enter')
    await top.shows('1 of 3 match')
    top.type('ej')
    await top.shows('wrote 1 row to')
    const [name] = readdirSync(folder)
    expect(name).toMatch(/^dq-top-delayed-.*\.jsonl$/)
    expect(JSON.parse(readFileSync(join(folder, name!), 'utf8'))).toMatchObject({ id: 'm2', payload: { n: 2 } })
    expect(statSync(join(folder, name!)).mode & 0o777).toBe(0o600)
  })

  it('enqueues, cancels and tells of both, read-only until it is armed', async () => {
    const top = await open('--read-only')
    top.type(':enqueue mail queue=orders {"n": 1}\n')
    await top.shows('read-only: :write allows changes for 10 minutes')
    top.type(':write\n')
    await top.shows(/WRITE (10:00|09:5\d)/)
    top.type(':enqueue mail queue=orders {"n": 1}\n')
    await top.shows('Enqueue this task?')
    await top.answers('y', 'enqueued mail as')
    top.type(':queue orders\n')
    await top.shows('[pending 1]')
    top.keys('D')
    await top.shows('Cancel this task?')
    await top.answers('y', 'cancelled 1 task')
    await top.shows('No task waits in this queue.')
    top.keys('8')
    expect(await top.shows(/cancel +orders +1 dq-top:/)).toContain('cancelled 1 task')
    expect(await client.inspector.verifyDeep('orders')).toMatchObject({ ok: true, problems: [] })
  })
})
