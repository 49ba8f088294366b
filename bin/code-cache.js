// Compiling what was read is much of the time a program needs to start, and the same every time: Node keeps the outcome.
const { existsSync, mkdirSync, readdirSync, rmSync, statSync } = require('node:fs')
const { enableCompileCache } = require('node:module')
const { homedir } = require('node:os')
const { join } = require('node:path')

/** Several installations of several versions. */
const MOST_FILES = 5_000

/** One by one: told to make all of them, Node never comes back from where none can be made, such as /proc. */
function makeFolders(base, names) {
  return names.reduce((parent, name) => {
    const folder = join(parent, name)
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    return folder
  }, base)
}

function trim(folder) {
  const versions = readdirSync(folder)
  const files = versions.reduce((sum, version) => sum + readdirSync(join(folder, version)).length, 0)
  if (files > MOST_FILES) for (const version of versions) rmSync(join(folder, version), { recursive: true })
}

/** Where nothing can be kept it says nothing and does without. */
module.exports = function keepCompiled() {
  const { XDG_CACHE_HOME } = process.env
  try {
    const base = XDG_CACHE_HOME || homedir()
    // Under `sudo` it may be somebody else's: what is run must not come from there, and nothing be left behind.
    if (statSync(base).uid !== process.getuid()) return
    const folder = makeFolders(base, [...(XDG_CACHE_HOME ? [] : ['.cache']), 'distributedq', 'code'])
    trim(folder)
    enableCompileCache(folder)
  } catch {
    // No home, no room, no permission, or another process trimmed it too.
  }
}
