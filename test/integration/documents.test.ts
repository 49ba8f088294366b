import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client, Discard, Worker } from '../../src/core/index.ts'
import { fits, inlineCommands, layOut, readPage } from '../helpers/documents.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { ROOT, spawnNode } from '../helpers/process.ts'
import { runShell } from '../helpers/shell.ts'
import { until } from '../helpers/until.ts'

const PAGES = [
  'docs/GETTING-STARTED.md',
  'docs/EMBEDDING.md',
  'docs/CONCEPTS.md',
  'docs/RECIPES.md',
  'docs/COMPARISON.md',
  'docs/MIGRATING.md',
].map(readPage)

/** Each command is a process of its own, and each needs its time on a busy machine. */
const MANY = { timeout: 300_000 }

/** Pages whose TypeScript is only checked; the program of the README has a test of its own. */
const CHECKED = ['README.md', 'docs/FLOWS.md', 'docs/LIMITS.md'].map(readPage)

const laidOut = layOut([...PAGES, ...CHECKED])
afterAll(() => laidOut.remove())

/** A Redis for one test. Its address is all that a page's programs get to know of the world. */
async function aRedis(): Promise<{ server: RedisServer; env: Record<string, string> }> {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const path = [laidOut.bin, process.env['PATH']].join(delimiter)
  const cache = join(ROOT, 'node_modules', '.cache', 'compiled')
  const addresses = { REDIS_URL: server.url, API_ADDR: '127.0.0.1:0', METRICS_ADDR: '127.0.0.1:0', PORT: '0' }
  return { server, env: { ...addresses, PATH: path, NODE_COMPILE_CACHE: cache } }
}

it('every TypeScript block of the pages has no type error', MANY, () => {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
  const { stdout, status } = spawnSync(tsc, ['-p', join(laidOut.folder, 'tsconfig.json')], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

describe.each(PAGES)('$path', (page) => {
  const programs = page.blocks.filter(({ language, prints }) => language === 'ts' && prints !== undefined)

  it('connects to nothing but the Redis that REDIS_URL names', () => {
    for (const { text, line } of page.blocks.filter(({ language }) => language === 'ts')) {
      for (const [made] of text.matchAll(/new (?:Client|Worker)\([^)]*/g))
        expect(made, `line ${line}`).toMatch(/\b(redisUrl|where)\b/)
      for (const [given] of text.matchAll(/redisUrl: [^,}\n]*/g))
        expect(given, `line ${line}`).toMatch(/process\.env\['REDIS_URL'\] *$/)
    }
  })

  it.each(programs)('the program of line $line prints what is written below it', MANY, async ({ file, prints }) => {
    const { env } = await aRedis()
    const program = spawnNode(file, { cwd: laidOut.folderOf(page), env })
    const exit = await program.exit
    expect(program.stderr).toEqual([])
    expect(fits(program.stdout, prints!) ? prints : program.stdout).toEqual(prints)
    expect(exit).toEqual({ code: 0, signal: null })
  })

  const blocks = page.blocks.filter(({ language }) => language === 'sh')
  it.each(blocks.length > 0 ? [{ all: blocks }] : [])(
    'its commands do what is written below them',
    MANY,
    async ({ all }) => {
      const { server, env } = await aRedis()
      const shell = runShell({ cwd: laidOut.folderOf(page), env, idOf: (command) => anId(server, command) })
      for (const { text, prints, line } of all) {
        const printed = await shell.run(text)
        expect(prints === undefined || fits(printed, prints) ? prints : printed, `line ${line}`).toEqual(prints)
      }
      await shell.end()
    },
  )

  const commands = inlineCommands(page)
  it.each(commands.length > 0 ? [{ commands }] : [])('the commands in its sentences work', MANY, async () => {
    const { server, env } = await aRedis()
    await furnish(server)
    const shell = runShell({ cwd: laidOut.folderOf(page), env, idOf: (command) => anId(server, command) })
    for (const command of commands) await expect(shell.run(command)).resolves.toBeInstanceOf(Array)
    await shell.end()
  })
})

/** For `<id>`: a task that `dq cancel` can stop, or for other commands a dead one where there is one, else any. */
async function anId(server: RedisServer, command: string): Promise<string> {
  const client = new Client({ redisUrl: server.url })
  const ended = ['dead', 'completed'] as const
  try {
    for (const state of [...(command.startsWith('dq cancel') ? [] : ended), 'pending', 'scheduled'] as const) {
      const [task] = (await client.inspector.tasks('default', state)).items
      if (task !== undefined) return task.id
    }
    throw new Error('there is no task that <id> could be')
  } finally {
    await client.close()
  }
}

/** Something for commands to work on: queues `default` and `mail`, a schedule `nightly`, tasks that are done, dead and wait. */
async function furnish(server: RedisServer): Promise<void> {
  const client = new Client({ redisUrl: server.url })
  const email = (payload: unknown): void => {
    if (payload === 'bad') throw new Discard('TypeError: no such mailbox')
  }
  const worker = new Worker({ redisUrl: server.url, queues: ['default', 'mail'], tasks: { email } })
  await worker.start()
  await client.operator.saveSchedule({ name: 'nightly', spec: '0 3 * * *', type: 'email', payload: null })
  for (const queue of ['default', 'mail'])
    for (const payload of ['good', 'bad', 'bad', 'bad']) await client.enqueue('email', payload, { queue })
  await until(async () => (await client.inspector.snapshot()).every(({ dead }) => dead === 3))
  await worker.stop()
  await client.enqueue('email', 'good', { delay: '1h' })
  await client.close()
}
