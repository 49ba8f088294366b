/**
 * What the console costs on a Redis with 1,000,000 pending and 100,000 dead tasks (`small`: 20,000 and 2,000), as JSON.
 * Needs `npm run build`. `node scripts/situations.mjs [small] [seconds of watching]`
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import xterm from '@xterm/headless'
import { NODE, ROOT } from '../test/helpers/process.ts'
import { connect, startRedis } from '../test/helpers/redis.ts'
import { FULL, SMALL, fill, holder } from '../test/tui/harness/situations.ts'

const TICKS_PER_SECOND = 100
const STARTS = 5

const size = process.argv.includes('small') ? SMALL : FULL
const seconds = Number(process.argv.at(-1)) || 60

/** Seconds of CPU that Redis has used. */
async function redisCpu(redis) {
  const info = await redis.info('cpu')
  const of = (name) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1])
  return of('used_cpu_sys') + of('used_cpu_user')
}

/** Seconds of CPU that a process has used. */
function processCpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

const childrenOf = (pid) =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((row) => row !== null && Number(row[2]) === pid)
    .map((row) => ({ pid: Number(row[1]), args: row[3] }))

function findConsole(pid) {
  for (const child of childrenOf(pid)) {
    if (/^\S*node \S*dq-top\.js/.test(child.args)) return child.pid
    const below = findConsole(child.pid)
    if (below !== undefined) return below
  }
}

/** The built console on a terminal of its own of 80x24; `isComplete` once the first screen has everything on it. */
function openConsole(url) {
  const term = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true, scrollback: 0 })
  const command = `stty cols 80 rows 24; exec ${NODE} ${join(ROOT, 'bin', 'dq-top.js')} --redis-url ${url}`
  const env = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' }
  const startedAt = performance.now()
  const child = spawn('script', ['-qfec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const run = { child, bytes: 0, screen: '', paintMs: undefined }
  child.stdout.on('data', (chunk) => {
    const atMs = performance.now() - startedAt
    run.bytes += chunk.length
    term.write(chunk, () => {
      const rows = Array.from({ length: 24 }, (_, y) => term.buffer.active.getLine(y)?.translateToString(true) ?? '')
      run.screen = rows.join('\n')
      const isComplete = ['Health', 'Throughput', 'mail', 'q back'].every((text) => run.screen.includes(text))
      if (isComplete) run.paintMs ??= atMs
    })
  })
  return run
}

async function untilPainted(run) {
  const deadline = performance.now() + 30_000
  while (run.paintMs === undefined) {
    if (performance.now() > deadline) throw new Error(`no first screen within 30 s:\n${run.screen}`)
    await pause(10)
  }
}

async function close(run) {
  const exited = once(run.child, 'exit')
  run.child.stdin.write('q')
  await exited
}

async function firstPaints(url) {
  const paints = []
  for (let n = 0; n < STARTS; n++) {
    const run = openConsole(url)
    await untilPainted(run)
    paints.push(Math.round(run.paintMs))
    await close(run)
  }
  return paints
}

async function watching(url, redis) {
  const idleBefore = await redisCpu(redis)
  await pause(seconds * 500)
  const idlePerSecond = ((await redisCpu(redis)) - idleBefore) / (seconds / 2)
  const run = openConsole(url)
  await untilPainted(run)
  await pause(3_000)
  const pid = findConsole(run.child.pid)
  const before = { redis: await redisCpu(redis), console: processCpu(pid), bytes: run.bytes, at: performance.now() }
  await pause(seconds * 1_000)
  const took = (performance.now() - before.at) / 1_000
  const percent = (used) => Math.round((used / took) * 10_000) / 100
  const cost = {
    seconds: Math.round(took),
    console_cpu_percent: percent(processCpu(pid) - before.console),
    redis_cpu_percent: percent((await redisCpu(redis)) - before.redis - idlePerSecond * took),
    redis_idle_percent: Math.round(idlePerSecond * 10_000) / 100,
    terminal_bytes: run.bytes - before.bytes,
  }
  await close(run)
  return { cost, screen: run.screen }
}

const server = await startRedis()
const redis = connect(server)
let mailer
try {
  await fill(server.url, size)
  mailer = await holder(server.url, 'mail', 4, '30s')
  const loadBefore = loadavg()[0]
  const paints = await firstPaints(server.url)
  const { cost } = await watching(server.url, redis)
  const load = { cores: cpus().length, load_before: loadBefore, load_after: loadavg()[0] }
  console.log(JSON.stringify({ ...size, first_paint_ms: paints, watching: cost, ...load }))
} finally {
  redis.disconnect()
  mailer?.kill('SIGKILL')
  await mailer?.exit
  await server.stop()
}
