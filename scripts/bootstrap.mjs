// Makes a fresh clone ready to run: packages, Node, the build, redis-server. Each step is skipped when it is satisfied.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installPackages } from './lib/packages.mjs'
import { BIN, NODE, ROOT, filesUnder } from './lib/project.mjs'
import { giveUp, run } from './lib/run.mjs'
import { needTools } from './lib/tools.mjs'

const BUILD_STAMP = join(ROOT, 'node_modules', '.distributedq-build')
const MAIN_OUTPUT = join(ROOT, 'dist', 'core', 'index.js')

/** The repository's Node where it runs, else this process's own when it is new enough. */
function chooseNode() {
  if (spawnSync(NODE, ['--version']).status === 0) return NODE
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  const platform = `${process.platform}-${process.arch}`
  return giveUp(`No prebuilt Node for ${platform} comes with this repository: please install Node 24 and try again.`)
}

/** Changes with every source file and setting that a build reads. */
function sourceFingerprint() {
  const hash = createHash('sha256')
  const inputs = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs']
  for (const file of [...inputs, ...filesUnder(join(ROOT, 'src')).map((name) => join('src', name))]) {
    const { mtimeMs, size } = statSync(join(ROOT, file))
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

async function build(node) {
  const fingerprint = sourceFingerprint()
  const built = existsSync(BUILD_STAMP) && readFileSync(BUILD_STAMP, 'utf8') === fingerprint
  if (built && existsSync(MAIN_OUTPUT)) return
  console.log('Building…')
  if ((await run(node, ['scripts/build.mjs'])) !== 0) giveUp('The build failed: see above')
  writeFileSync(BUILD_STAMP, fingerprint)
}

/**
 * @param tools the programs beside Node that are needed, such as `redis-server`; see `lib/tools.mjs`.
 * @param wishes those that it can go without: what needs them looks for itself.
 * @returns the Node to run things with. PATH is changed for this process and its children: that Node and the tools come first.
 */
export async function bootstrap({ tools = ['redis-server'], wishes = [] } = {}) {
  await installPackages()
  const node = chooseNode()
  const toolFolders = await needTools(tools, wishes)
  process.env.PATH = [dirname(node), BIN, ...toolFolders, process.env.PATH ?? ''].join(delimiter)
  await build(node)
  return node
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await bootstrap()
