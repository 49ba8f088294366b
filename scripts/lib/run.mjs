import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ROOT } from './project.mjs'

const ignore = () => {}

/** Ends the script with one line and no stack: the remedy is the reader's. */
export function giveUp(message) {
  console.error(message)
  process.exit(1)
}

/**
 * Runs a program in the repository on this terminal and waits for it.
 * Ctrl-C reaches the program by itself; a SIGTERM is passed on, so that it can end in its own way.
 * @returns its exit code, 128 + n when signal n ended it.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
    const pass = () => child.kill('SIGTERM')
    process.on('SIGINT', ignore).on('SIGTERM', pass)
    const settle = () => process.off('SIGINT', ignore).off('SIGTERM', pass)
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    child.on('close', (code, signal) => {
      settle()
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}
