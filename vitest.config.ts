import { defineConfig } from 'vitest/config'

/** Types its way through large data against the clock: for a quiet machine, `DQ_SITUATIONS=small` or `full`. */
const QUIET_ONLY = process.env['DQ_SITUATIONS'] === undefined ? ['test/tui/situations.test.ts'] : []

/** What needs a program that is not everywhere; `npm test` installs it where it can, and says what it leaves out. */
const NEEDS = {
  prometheus: 'test/integration/observability.test.ts',
  'systemd-analyze': 'test/integration/systemd.test.ts',
}
const WITHOUT = (process.env['DQ_TEST_WITHOUT'] ?? '').split(',')
const LEFT_OUT = Object.entries(NEEDS).flatMap(([program, file]) =>
  WITHOUT.includes(program) || (program === 'systemd-analyze' && process.platform !== 'linux') ? [file] : [],
)

const suite = (name: string, folders: string[]) => ({
  extends: true as const,
  test: {
    name,
    include: folders.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`),
    exclude: [...QUIET_ONLY, ...LEFT_OUT],
  },
})

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // A machine shared with others may stall past any deadline; the report names what needed its second try.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      suite('unit', ['unit', 'property']),
      suite('integration', ['integration']),
      suite('tui', ['tui']),
      suite('chaos', ['chaos']),
      suite('package', ['package']),
    ],
  },
})
