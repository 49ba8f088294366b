import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { endWithThisProcess } from './guard.ts'
import { type UntilOptions, until } from './until.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))

/** Whether there is a process of that number. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false // ESRCH
  }
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface SpawnedNode {
  readonly pid: number
  /** Lines so far, without their line ends. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Resolves once the process has ended and all it printed has been read. */
  readonly exit: Promise<Exit>
  /** The first line, past or future, of either stream that matches. Rejects when the process ends without one. */
  waitForLine(pattern: RegExp, options?: UntilOptions): Promise<RegExpExecArray>
  /** @returns false when the process has ended already. */
  kill(signal?: NodeJS.Signals): boolean
  /** Writes to standard input; `end()` closes it. */
  write(text: string): void
  end(): void
}

export interface SpawnOptions {
  args?: readonly string[]
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>
  cwd?: string
  /** Another Node than the repository's. */
  node?: string
}

/** Runs a JavaScript or TypeScript file with the repository's Node. The process never outlives the test process. */
export function spawnNode(
  file: string,
  { args = [], env = {}, cwd = ROOT, node = NODE }: SpawnOptions = {},
): SpawnedNode {
  const child = spawn(node, [file, ...args], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' })
  if (child.pid === undefined) throw new Error(`cannot start ${node}`)
  const release = endWithThisProcess(child.pid)
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface(child.stdout).on('line', (line) => stdout.push(line))
  createInterface(child.stderr).on('line', (line) => stderr.push(line))
  child.stdin.on('error', () => {}) // EPIPE: the process ended without reading all its input
  let ended: Exit | undefined
  const exit = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => {
      release()
      ended = { code, signal }
      resolve(ended)
    })
  })
  const match = (pattern: RegExp): RegExpExecArray | null => {
    for (const line of [...stdout, ...stderr]) {
      const found = pattern.exec(line)
      if (found) return found
    }
    return null
  }
  return {
    pid: child.pid,
    stdout,
    stderr,
    exit,
    async waitForLine(pattern, options) {
      const what = `a line like ${pattern} from ${file}`
      const seen = await until(() => match(pattern) ?? ended, { what, ...options })
      if (Array.isArray(seen)) return seen
      throw new Error(
        `${file} ended with ${JSON.stringify(seen)} before ${what}:\n${[...stdout, ...stderr].join('\n')}`,
      )
    },
    kill: (signal = 'SIGTERM') => child.kill(signal),
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
  }
}
