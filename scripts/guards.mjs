// `npm run guards`: takes each line marked `-- guard:` out of its script, and shows that a test of that script turns red.
// `--only <text>` takes the guards whose file, line and words contain it. Works on copies; the checkout stays as it is.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findGuards } from './lib/guards.mjs'
import { NODE, ROOT } from './lib/project.mjs'
import { giveUp } from './lib/run.mjs'

const COPIES = 2
const COPIED = ['src', 'test', 'scripts', 'package.json', 'tsconfig.json', 'vitest.config.ts']
/** A test that hangs without a guard is red, soon. */
const TEST_MS = 15_000

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const titleOf = ({ file, line, words }) => `${file}:${line} ${words}`
const folder = mkdtempSync(join(tmpdir(), 'distributedq-guards-'))
const children = new Set()

function makeCopy(number) {
  const copy = join(folder, String(number))
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Runs test files of a copy up to the first failure. Gives its report, or what was printed instead of one. */
function runTests(copy, files) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project=integration', '--bail=1', '--maxWorkers=1']
  const more = ['--reporter=json', `--outputFile=${report}`, `--testTimeout=${TEST_MS}`, '--no-cache']
  const cache = `--fsModuleCachePath=${join(copy, 'modules')}`
  return new Promise((resolve, reject) => {
    const child = spawn(NODE, [...args, ...more, cache, ...files], { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text))
    child.on('error', reject)
    child.on('close', () => {
      children.delete(child)
      try {
        resolve({ printed, ...JSON.parse(readFileSync(report, 'utf8')) })
      } catch {
        resolve({ printed, testResults: [] }) // it ended before it could write one
      }
    })
  })
}

const failuresOf = ({ testResults }) =>
  testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed'))
const passesOf = ({ testResults }) =>
  testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'passed'))

/** What the tests say to a script without one guard. */
async function judge(copy, guard) {
  const file = join(copy, guard.file)
  const original = readFileSync(file, 'utf8')
  writeFileSync(file, guard.mutant)
  const report = await runTests(copy, guard.tests)
  writeFileSync(file, original)
  const [red] = failuresOf(report)
  if (red && !/Error compiling script/.test(red.failureMessages.join('\n')))
    return { verdict: 'killed', text: `killed by ${red.fullName.trim()}` }
  if (!red && report.success) return { verdict: 'survived', text: 'SURVIVED' }
  return { verdict: 'broken', text: `BROKEN: not Lua any more, or its tests did not run\n${report.printed}` }
}

async function judgeAll(guards, copies) {
  const waiting = [...guards]
  const counts = { killed: 0, survived: 0, broken: 0 }
  await Promise.all(
    copies.map(async (copy) => {
      for (let guard = waiting.shift(); guard; guard = waiting.shift()) {
        const { verdict, text } = await judge(copy, guard)
        counts[verdict]++
        console.log(`${titleOf(guard)}  ${text}`)
      }
    }),
  )
  return counts
}

function cleanUp() {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    cleanUp()
    process.exit(1)
  })

const guards = findGuards().filter((guard) => titleOf(guard).includes(values.only))
if (guards.length === 0) giveUp(`no guard contains '${values.only}'`)
try {
  const copies = Array.from({ length: Math.min(COPIES, guards.length) }, (_, i) => makeCopy(i))
  const whole = await runTests(copies[0], [...new Set(guards.flatMap(({ tests }) => tests))])
  if (!whole.success) {
    const names = failuresOf(whole).map(({ fullName }) => fullName.trim())
    throw new Error(`the tests are red with every guard in place: ${names.join('; ') || whole.printed}`)
  }
  console.log(`${passesOf(whole).length} tests pass with every guard in place`)
  const { killed, survived, broken } = await judgeAll(guards, copies)
  console.log(`${guards.length} guards, ${killed} killed, ${survived} survived${broken ? `, ${broken} broken` : ''}`)
  process.exitCode = survived + broken > 0 ? 1 : 0
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  cleanUp()
}
