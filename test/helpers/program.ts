import { spawnSync } from 'node:child_process'
import { findProgram } from '../../scripts/lib/tools.mjs'

/** Where a program is that `npm test` installs. @throws Error when nobody has. */
export function programOf(name: string): string {
  const file = findProgram(name)
  if (file === undefined) throw new Error(`this test needs ${name}; npm test installs it`)
  return file
}

/** Runs such a program to its end. */
export function outputOf(name: string, args: readonly string[], cwd?: string): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(programOf(name), args, { encoding: 'utf8', cwd })
  return { code: status, text: `${stdout}${stderr}` }
}
