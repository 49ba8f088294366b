import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { EXIT } from './exit.ts'

const CONSOLE = fileURLToPath(new URL('../../bin/dq-top.js', import.meta.url))
const KEPT_ALIVE = ['SIGINT', 'SIGQUIT'] as const
const nothing = (): void => {}

/**
 * Opens the console in this terminal and waits for its end.
 * Keys such as Ctrl-C reach it by themselves; signals sent to this process alone are passed on.
 */
export function runTop(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CONSOLE, ...args], { stdio: 'inherit' })
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
    for (const signal of KEPT_ALIVE) process.on(signal, nothing)
    process.on('SIGTERM', pass).on('SIGHUP', pass)
    const settle = (): void => {
      for (const signal of KEPT_ALIVE) process.off(signal, nothing)
      process.off('SIGTERM', pass).off('SIGHUP', pass)
    }
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    child.on('close', (code, signal) => {
      settle()
      resolve(code ?? (signal === null ? EXIT.failed : 128 + constants.signals[signal]))
    })
  })
}
