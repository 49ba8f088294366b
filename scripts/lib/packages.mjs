import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { BIN, ROOT } from './project.mjs'
import { giveUp, run } from './run.mjs'

const lockOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages

/**
 * Whether node_modules holds what the lockfile asks for, by the record that npm itself leaves there.
 * A package for another platform may be absent.
 */
function installed(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const have = lockOf(record)
  return Object.entries(lockOf(join(folder, 'package-lock.json'))).every(([path, want]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = have[path]
    if (!found) return want.optional === true
    return found.version === want.version && found.integrity === want.integrity
  })
}

/** The search path without the repository's own programs, which an install is about to replace. */
function outsidePath() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => entry !== BIN)
    .join(delimiter)
}

/** `npm ci` in a folder of the repository, unless it is in place already. */
export async function installPackages(folder = ROOT) {
  if (!existsSync(join(folder, 'package-lock.json'))) giveUp(`${folder} has no package-lock.json`)
  if (installed(folder)) return
  console.log('Installing packages…')
  const env = { ...process.env, PATH: outsidePath() }
  const code = await run('npm', ['ci', '--include=dev', '--loglevel=error'], { cwd: folder, env })
  if (code !== 0) giveUp('npm ci failed: see above')
}
