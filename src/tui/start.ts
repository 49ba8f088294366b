import { hostname, userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { loadConnection } from '../config.ts'
import { type Context, contextNamed } from './contexts.ts'
import { openSource } from './source/redis-source.ts'
import type { ConsoleSource } from './source/source.ts'
import type { OwnOptions } from './options.ts'
import { lightenInk } from './tty/light-ink.ts'
import { SURROUNDINGS } from './tty/surroundings.ts'
import { safeLine } from './text/safe.ts'

/** Who changes things, for the audit: `dq-top:anna@host`. */
function whoAmI(): string {
  let user = process.env['USER'] ?? 'unknown'
  try {
    user = userInfo().username
  } catch {
    // The user id has no name on this machine, as in a container.
  }
  return `dq-top:${user}@${hostname()}`
}

/** Stops this process and those that were started with it, as the terminal does for Ctrl-Z; returns when `fg` goes on. */
async function stopProcess(): Promise<void> {
  process.kill(0, 'SIGTSTP')
  // The signal may arrive a moment later; this timer then ends after the pause.
  await pause(50)
}

const canDraw = (): boolean => process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb'

async function openConsole(source: ConsoleSource, options: OwnOptions, context: Context | undefined): Promise<void> {
  // Read by the colour library when it is first loaded. Without colours rows are still told apart by bold and inverse.
  process.env['FORCE_COLOR'] = '1'
  // A warning that Node prints between two frames would tear the screen.
  process.removeAllListeners('warning')
  lightenInk()
  const [{ Console }, { FrameOutput }] = await Promise.all([import('./app/console.ts'), import('./tty/stdout.ts')])
  const out = new FrameOutput(process.stdout)
  const console = new Console({
    source,
    terminal: { stdin: process.stdin, stdout: out.asStream(), stderr: process.stderr },
    about: {
      address: safeLine(source.address, 60),
      namespace: safeLine(source.namespace, 40),
      isReadOnly: options.isReadOnly || context?.isProd === true,
      context: context && { name: safeLine(context.name, 30), isProd: context.isProd },
    },
    intervalMs: options.intervalMs,
    hasColours: options.hasColours,
    isAscii: options.isAscii,
    isIncremental: options.isIncremental,
    catchesPrints: true,
    stopProcess,
    surroundings: SURROUNDINGS,
  })
  try {
    await console.run()
  } finally {
    out.release()
  }
}

/** @returns the exit code. @throws ConfigError when the connection is not described well. */
export async function start(given: Readonly<Record<string, unknown>>, options: OwnOptions): Promise<number> {
  const context = options.context === undefined ? undefined : contextNamed(options.context, process.env)
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  // What is said on the command line goes before what the context says.
  const { redis, namespace, encryption } = await loadConnection(
    { ...context?.connection, ...named },
    process.env,
    process.cwd(),
  )
  const source = openSource({ redis, namespace, encryption, by: whoAmI() })
  try {
    if (!options.isOnce && canDraw()) {
      await openConsole(source, options, context)
      return 0
    }
    const { once } = await import('./once.ts')
    return await once(source, options, process.stdout, process.stderr)
  } finally {
    await source.close()
  }
}
