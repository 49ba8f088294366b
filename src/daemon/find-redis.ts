import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/snap/bin']
const OLDEST = 7

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // absent or not executable
  }
}

/** The first redis-server of version 7.0 or newer on the PATH, then in the usual folders. */
export function findRedisServer(path: string = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...path.split(delimiter).filter(Boolean), ...USUAL_FOLDERS]
  return folders
    .map((folder) => join(folder, 'redis-server'))
    .filter(isProgram)
    .find((file) => {
      const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
      return Number(/v=(\d+)/.exec(stdout ?? '')?.[1]) >= OLDEST
    })
}
