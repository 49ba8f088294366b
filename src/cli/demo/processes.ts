import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { OPTION_KEYS, ROWS } from '../../config/rows.ts'

/** How long a process may take to end in its own way. */
const END_MS = 8_000

/** The environment without what would change the demo: the variables that configure a real installation. */
export function demoEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = OPTION_KEYS.flatMap((key) => {
    const { env: own, aliases = [] } = ROWS[key]
    return [own, `${own}_FILE`, ...aliases.map((alias) => alias.env)]
  })
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name) && !name.startsWith('DQ_')))
}

/** A process that ends with this one, whatever ends this one. */
export class Companion {
  readonly #child: ChildProcess
  readonly #guard: ChildProcess
  readonly #logFile: string

  private constructor(child: ChildProcess, guard: ChildProcess, logFile: string) {
    this.#child = child
    this.#guard = guard
    this.#logFile = logFile
  }

  /** @param folder removed should this process be killed; otherwise its owner removes it. */
  static async start(
    program: string,
    args: readonly string[],
    { logFile, folder }: { logFile: string; folder: string },
  ): Promise<Companion> {
    const log = openSync(logFile, 'a')
    // In a group of its own: a Ctrl-C is for the demo, which ends its processes in order.
    const child = spawn(program, [...args], {
      stdio: ['ignore', log, log],
      cwd: folder,
      env: demoEnvironment(process.env),
      detached: true,
    })
    closeSync(log)
    await once(child, 'spawn')
    return new Companion(child, guardOf(child.pid!, folder), logFile)
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** What it said last, for an error message. */
  lastWords(lines = 5): string {
    return readFileSync(this.#logFile, 'utf8').trim().split('\n').slice(-lines).join('\n')
  }

  async end(): Promise<void> {
    if (!this.hasEnded) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await Promise.race([exited, sleep(END_MS, undefined, { ref: false })])
      if (!this.hasEnded) {
        this.#child.kill('SIGKILL')
        await exited
      }
    }
    this.#guard.kill('SIGKILL')
  }
}

/** A small shell that waits for the end of a pipe that only this process holds open, and then cleans up after it. */
function guardOf(pid: number, folder: string): ChildProcess {
  const script = `trap '' HUP INT TERM; read -r _; kill -9 "$1" 2>/dev/null; rm -rf "$2"`
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  guard.stdin.on('error', () => {}) // EPIPE: the guard was ended first
  return guard
}
