// Builds dist from src: compiles, copies the Lua scripts, removes what no source stands behind any more.
// Nothing that is still wanted is ever absent from dist, so a build is safe beside running programs.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BIN, ROOT, filesUnder } from './lib/project.mjs'

const SRC = join(ROOT, 'src')
const DIST = join(ROOT, 'dist')

/** Paths, relative to dist, of everything that a build of the present sources makes. */
function outputs(sources) {
  const wanted = new Set()
  for (const file of sources) {
    if (file.endsWith('.lua')) wanted.add(file)
    const code = /^(.*)\.tsx?$/.exec(file)
    if (code) for (const end of ['.js', '.js.map', '.d.ts']) wanted.add(code[1] + end)
  }
  return wanted
}

function removeStale(wanted) {
  if (!existsSync(DIST)) return
  for (const file of filesUnder(DIST)) {
    if (wanted.has(file)) continue
    rmSync(join(DIST, file))
    for (let dir = dirname(join(DIST, file)); dir !== DIST && readdirSync(dir).length === 0; dir = dirname(dir))
      rmSync(dir, { recursive: true })
  }
}

const sources = filesUnder(SRC)
const compiler = spawnSync(join(BIN, 'tsc'), ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
for (const file of sources.filter((name) => name.endsWith('.lua'))) cpSync(join(SRC, file), join(DIST, file))
removeStale(outputs(sources))
if (compiler.error) throw compiler.error
process.exitCode = compiler.status ?? 1
