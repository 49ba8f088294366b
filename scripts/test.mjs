// `npm test -- …`: makes the clone ready, runs the whole suite, and closes with one line that counts it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'
import { findProgram } from './lib/tools.mjs'

/** A file that does not load has no failed test of its own, and neither has an error outside any test: each counts as one. */
function count(report, exitCode) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = report.numFailedTests + broken
  const skipped = report.numPendingTests + report.numTodoTests
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 && report.numTotalTests > 0 ? 1 : failed,
    skipped,
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
const folder = mkdtempSync(join(tmpdir(), 'distributedq-test-'))
const file = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
const exitCode = await run(node, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)])
const nothing = {
  testResults: [],
  numTotalTests: 0,
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
}
const total = count(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : nothing, exitCode)
rmSync(folder, { recursive: true })

if (total.passed + total.failed === 0) console.error('No test ran.')
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = exitCode !== 0 || total.failed > 0 || total.passed === 0 ? 1 : 0
