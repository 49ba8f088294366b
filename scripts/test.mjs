// `npm test -- …`: makes the clone ready, runs the whole suite, and closes with one line that counts it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'
import { findProgram } from './lib/tools.mjs'

/** A file that did not load, or whose process ended in the middle, has no failed test of its own. */
const isBroken = (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')

/** Each broken file counts as one that failed, and so does an error outside any file. */
function count(files, exitCode) {
  const tests = files.filter((file) => !isBroken(file)).flatMap((file) => file.assertionResults)
  const of = (...states) => tests.filter(({ status }) => states.includes(status)).length
  const failed = of('failed') + files.filter(isBroken).length
  return {
    passed: of('passed'),
    failed: failed === 0 && exitCode !== 0 && files.length > 0 ? 1 : failed,
    skipped: of('pending', 'todo', 'skipped'),
  }
}

// systemd is of Linux only, and so are the tests of its unit.
const ofLinux = process.platform === 'linux' ? ['systemd-analyze'] : []
const wishes = ['prometheus', ...ofLinux]
const node = await bootstrap({ tools: ['redis-server', 'tmux', 'openssl'], wishes })
const without = wishes.filter((name) => findProgram(name) === undefined)
// Read by vitest.config.ts.
process.env.DQ_TEST_WITHOUT = without.join(',')
if (without.length > 0)
  console.error(`Left out, since ${without.join(' and ')} cannot be installed here: the tests that need it.`)

/** Runs the suite, or these files of it. */
async function suite(args) {
  const folder = mkdtempSync(join(tmpdir(), 'distributedq-test-'))
  const file = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const exitCode = await run(node, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args])
  const files = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : []
  rmSync(folder, { recursive: true })
  return { files, exitCode }
}

let { files, exitCode } = await suite(process.argv.slice(2))
// A test that fails is tried again by vitest (see vitest.config.ts); one whose process crashed under it cannot be.
const broken = files.filter(isBroken).map(({ name }) => name)
if (process.env.CI && broken.length > 0) {
  console.error(`A second time, since they did not come to their end: ${broken.join(', ')}`)
  const again = await suite(broken)
  const others = files.filter(({ name }) => !broken.includes(name))
  if (!others.some(({ status }) => status === 'failed')) exitCode = again.exitCode
  files = [...others, ...again.files]
}
const total = count(files, exitCode)

if (total.passed + total.failed === 0) console.error('No test ran.')
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = exitCode !== 0 || total.failed > 0 || total.passed === 0 ? 1 : 0
