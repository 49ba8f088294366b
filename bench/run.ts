// The bench: see README.md.
import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, startRedis } from '../test/helpers/redis.ts'
import type { ChildReply, ChildRequest, Measured } from './child.ts'
import { CASES } from './cases.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { footnotes, heading, machine, renderCommands, renderTable, summarize, type Turn } from './report.ts'
import { TITLES } from './subjects/subject.ts'

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))
const TURN_TIMEOUT_MS = 300_000

/** Runs one turn in a process of its own. @throws Error that says what failed there. */
function takeTurn(request: ChildRequest, profile: string | undefined): Promise<Measured> {
  const name = `${request.case}-${request.subject}-${Date.now()}.cpuprofile`
  const execArgv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}`]
  const child = fork(CHILD, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((done, reject) => {
    const fail = (why: string): void => reject(new Error(`${request.case}, ${TITLES[request.subject]}: ${why}`))
    let answer: ChildReply | undefined
    const timer = setTimeout(() => child.kill('SIGKILL'), TURN_TIMEOUT_MS)
    child.once('message', (message: ChildReply) => (answer = message))
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(timer)
      if (answer === undefined) fail('the process ended without an answer')
      else if ('error' in answer) fail(answer.error)
      else done(answer)
    })
    child.send(request)
  })
}

/** One line on the terminal, written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

type Flush = () => Promise<unknown>

/** Every subject has its turn at a case before the first has its next: drift of the machine then strikes all alike. */
async function measureRound(options: BenchOptions, round: number, port: number, flush: Flush): Promise<Turn[]> {
  const turns: Turn[] = []
  for (const name of options.cases)
    for (const subject of options.subjects) {
      if (!(CASES[name].subjects as readonly string[]).includes(subject)) continue
      progress(`round ${round + 1} of ${options.rounds}: ${name}, ${TITLES[subject]}`)
      await flush()
      const { tasks, profile } = options
      const commands = profile !== undefined
      const reply = await takeTurn({ case: name, subject, host: '127.0.0.1', port, tasks, commands }, profile)
      turns.push({ round, case: name, subject, ...reply })
    }
  progress('')
  return turns
}

async function measureAll(options: BenchOptions, port: number, flush: Flush): Promise<Turn[]> {
  const turns: Turn[] = []
  const startedAt = performance.now()
  for (let round = 0; round < options.rounds; round++) {
    const roundMs = round === 0 ? 0 : (performance.now() - startedAt) / round
    if (roundMs * (round + 1) > options.budgetMs) break
    turns.push(...(await measureRound(options, round, port, flush)))
  }
  return turns
}

async function bench(options: BenchOptions): Promise<void> {
  const server = await startRedis({ tcp: true })
  const redis = connect(server)
  try {
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
    const facts = machine(version)
    if (!options.json) console.log(heading(options, facts))
    const turns = await measureAll(options, server.port ?? 0, () => redis.flushall('SYNC'))
    const lines = summarize(turns, options.subjects)
    if (options.json) console.log(JSON.stringify({ machine: facts, options, lines, turns }, null, 2))
    else console.log([renderTable(lines, options.subjects), footnotes(turns, facts), renderCommands(turns)].join('\n'))
  } finally {
    redis.disconnect()
    await server.stop()
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options)
    await bench({ ...options, profile: options.profile === undefined ? undefined : resolve(options.profile) })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
