import { type Arguments, type Config, type Environment, loadConfig } from '../config.ts'
import { DqError, messageOf } from '../core/errors.ts'
import type { TaskDefinition } from '../core/handlers.ts'
import { Daemon } from './daemon.ts'
import { demoTasks } from './demo-handlers.ts'
import { EXIT } from './exit-codes.ts'
import { loadHandlers } from './handler-files.ts'
import { flushSpans, lookForTracing } from '../core/tracing.ts'
import { createLog, type Log } from './log.ts'
import { followSignals } from './signals.ts'
import { StartError } from './start-error.ts'

/** What a command of the program gets from its process. */
export interface Surroundings {
  readonly argv: Arguments
  readonly env: Environment
  readonly cwd: string
}

/** @throws ConfigError when a handlers file cannot be used. */
export function tasksOf(config: Config): Promise<TaskDefinition[]> {
  const builtIn = demoTasks({ sleepMs: config.demoSleepMs, failurePct: config.demoFailurePct })
  return loadHandlers(config.roles.includes('worker') ? config.handlers : [], builtIn)
}

/** SIGHUP: what can change while the daemon runs. */
function reload({ argv, env, cwd }: Surroundings, log: Log, daemon: Daemon): void {
  try {
    const config = loadConfig(argv, env, cwd)
    const { logLevel } = config
    log.level = logLevel
    daemon.reload(config)
    log.info('config.reloaded', `configuration read again; log level ${logLevel}`)
  } catch (error) {
    log.error('config.refused', `configuration left as it was: ${messageOf(error)}`)
  }
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof DqError)) return EXIT.failure
  if (error.code === 'format') return EXIT.configuration
  return error.code === 'credentials' ? EXIT.credentials : EXIT.failure
}

/** A bug, or one in a handler: nothing is given back, so that a task that kills its process is found out. */
function crash(log: Log, error: unknown): never {
  const stack = error instanceof Error ? error.stack : undefined
  log.error('daemon.crashed', `uncaught: ${messageOf(error)}`, { stack })
  process.exit(EXIT.failure)
}

/** Runs a daemon until it is told to end. @returns the exit code. */
export async function run(surroundings: Surroundings): Promise<number> {
  const { argv, env, cwd } = surroundings
  const config = loadConfig(argv, env, cwd)
  const tasks = await tasksOf(config)
  await lookForTracing()
  const log = await createLog({ level: config.logLevel, format: config.logFormat, stdout: process.stdout })
  for (const warning of config.warnings) log.warn('config.strange', warning)
  process.on('uncaughtException', (error) => crash(log, error))

  const { promise, resolve } = Promise.withResolvers<number>()
  const onFatal = (reason: string, cause?: DqError): void => {
    log.error('daemon.failed', reason)
    // Who is only too old goes on to the end of what runs.
    void daemon.stop(cause === undefined ? 0 : config.shutdownGraceMs).then(() => resolve(exitCodeOf(cause)))
  }
  const daemon = new Daemon({ config, env, log, tasks, onFatal })
  followSignals(process, {
    onEnd: (times) =>
      void daemon
        .stop(times === 1 ? config.shutdownGraceMs : 0)
        .then((inTime) => resolve(inTime ? EXIT.ok : EXIT.failure)),
    onQuiet: () => daemon.toggleQuiet(),
    onReload: () => reload(surroundings, log, daemon),
  })
  try {
    await Promise.race([daemon.start(), promise])
  } catch (error) {
    log.error('daemon.refused', messageOf(error), error instanceof StartError ? {} : { code: (error as DqError).code })
    await daemon.stop(0)
    return exitCodeOf(error)
  }
  const code = await promise
  await flushSpans()
  return code
}
