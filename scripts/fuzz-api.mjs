// `npm run fuzz:api -- --requests N --seed N`: makes the clone ready, then sends nonsense to the HTTP API of a daemon.
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'

// Stdout is one line of JSON: what the set-up has to say goes beside it.
console.log = console.error
const node = await bootstrap()
process.exitCode = await run(node, ['test/api-fuzz/main.ts', ...process.argv.slice(2)])
