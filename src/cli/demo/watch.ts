import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { depths, type Depths } from './check.ts'
import { makePlan, makeStream } from './plan.ts'
import { demoEnvironment } from './processes.ts'
import { enqueuePlan, type Say } from './run.ts'
import { NAMESPACE, type Stage } from './stage.ts'

const CONSOLE = fileURLToPath(new URL('../../../bin/dq-top.js', import.meta.url))
const EVERY_MS = 300
const AT_ONCE = 4

/** Keeps the queues moving until it is told to stop. */
async function trickle(stage: Stage, stop: AbortSignal): Promise<void> {
  const stream = makeStream()
  while (!stop.aborted) {
    const items = Array.from({ length: AT_ONCE }, () => stream.next().value.item as never)
    await stage.client.enqueueMany(items)
    await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => {}) // told to stop
  }
}

/** Opens the console in this terminal and waits until it is quit. @returns its exit code. */
function openConsole(url: string, stop: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CONSOLE, '--redis-url', url, '--namespace', NAMESPACE], {
      stdio: 'inherit',
      env: demoEnvironment(process.env),
    })
    stop.addEventListener('abort', () => void child.kill('SIGTERM'))
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** The demo on a terminal: the console on live data. @returns what went wrong, in words. */
export async function runWatched(stage: Stage, stop: AbortSignal, say: Say): Promise<string[]> {
  await enqueuePlan(stage, makePlan(), say)
  const quit = new AbortController()
  const trickling = trickle(stage, AbortSignal.any([stop, quit.signal]))
  const code = await openConsole(stage.url, stop)
  quit.abort()
  await trickling
  const left: Depths = await depths(stage.client)
  say(
    `The console was quit with ${left.waiting + left.later} tasks waiting and ${left.dead} dead; all of it goes away now.`,
  )
  return code === 0 || stop.aborted ? [] : [`the console ended with exit code ${code}`]
}
