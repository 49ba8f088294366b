import { parseArgs } from 'node:util'
import { messageOf } from '../core/errors.ts'
import { runUnattended } from './demo/run.ts'
import { Stage } from './demo/stage.ts'
import { runWatched } from './demo/watch.ts'
import { EXIT } from './exit.ts'
import { visible } from './text.ts'

const HELP = `npm run demo [-- --no-console]

Starts a private Redis and a daemon, gives them a few hundred tasks, and opens the console on them. Without a terminal, or
with --no-console, it waits for the end of all tasks instead and checks that each ended as planned.`
const OPTIONS = { help: { type: 'boolean' }, 'no-console': { type: 'boolean' } } as const

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (text: string): void => {
  for (const line of text.split('\n')) process.stderr.write(`${visible(line)}\n`)
}

async function demo(stage: Stage, watched: boolean, stop: AbortSignal): Promise<number> {
  say('Starting a private Redis…')
  await stage.startRedis()
  say('Starting a daemon…')
  await stage.startDaemon()
  say(`To look from another terminal, in this folder: npx dq-top --redis-url ${stage.url} --namespace demo`)
  const problems = watched ? await runWatched(stage, stop, say) : await runUnattended(stage, say)
  for (const problem of problems) complain(problem)
  if (!watched) say(problems.length === 0 ? '\nEvery task ended as planned.' : '\nNot everything ended as planned.')
  return problems.length === 0 ? EXIT.ok : EXIT.failed
}

/** Runs the demo; a signal ends it early, with everything it started. */
async function main(watched: boolean): Promise<number> {
  const stage = new Stage()
  const stop = new AbortController()
  const stopped = Promise.withResolvers<number>()
  const onSignal = (_: NodeJS.Signals, number: number): void => {
    stop.abort()
    stopped.resolve(128 + number)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  const running = demo(stage, watched, stop.signal)
  try {
    return await Promise.race([running, stopped.promise])
  } catch (error) {
    complain(`demo: ${messageOf(error)}`)
    return EXIT.failed
  } finally {
    // The console puts the terminal back in order before its Redis goes away.
    if (stop.signal.aborted && watched) await running.catch(() => {})
    await stage.end()
  }
}

function options(): { help?: boolean; 'no-console'?: boolean } {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    complain(`demo: ${messageOf(error)}`)
    process.exit(EXIT.usage)
  }
}

const { help, 'no-console': unattended } = options()
if (help) say(HELP)
else process.exit(await main(process.stdin.isTTY && process.stdout.isTTY && !unattended))
