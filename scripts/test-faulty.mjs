// `npm run test:faulty -- …`: the tests of the library and its scripts, with everything under test behind a connection that
// is slow and loses answers. DQ_TEST_PROXY sets how (`20,0.01`: 20 ms in each direction, one script in 100 loses its answer),
// DQ_MODEL_RUNS the sequences of the model test. Arguments are passed on to vitest.
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'

const FILES = [
  'test/integration/client.test.ts',
  'test/integration/inspector',
  'test/integration/operator.test.ts',
  'test/integration/queue-bounds.test.ts',
  'test/integration/scripts/',
  'test/integration/verify.test.ts',
  'test/integration/worker',
  'test/property/engine-model.test.ts',
]
/** Every call takes 40 ms and more, and a lost answer about 200. */
const PATIENCE = ['--testTimeout=180000', '--hookTimeout=180000']

process.env['DQ_TEST_PROXY'] ??= '20,0.01'
process.env['DQ_MODEL_RUNS'] ??= '50'
const node = await bootstrap()
const given = process.argv.slice(2)
const files = given.some((one) => !one.startsWith('-')) ? [] : FILES
const projects = ['--project=unit', '--project=integration']
process.exitCode = await run(node, [
  'node_modules/vitest/vitest.mjs',
  'run',
  ...projects,
  ...PATIENCE,
  ...files,
  ...given,
])
