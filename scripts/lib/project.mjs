// What the scripts know of this repository. Plain JavaScript for Node 20 and newer, no packages: it runs before they are installed.
import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const BIN = join(ROOT, 'node_modules', '.bin')
/** The Node.js that the repository brings along. */
export const NODE = join(BIN, 'node')

/** Every file below a folder, as sorted relative paths. */
export function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .toSorted()
}
