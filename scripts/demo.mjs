// `npm run demo`: makes the clone ready, then shows the whole system at work on a Redis of its own.
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'

const node = await bootstrap()
process.exitCode = await run(node, ['dist/cli/demo.js', ...process.argv.slice(2)])
