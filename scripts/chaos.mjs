// `npm run chaos -- …`: makes the clone ready, then breaks things on purpose and checks what holds.
import { bootstrap } from './bootstrap.mjs'
import { run } from './lib/run.mjs'

// Stdout is one line of JSON per run: what the set-up has to say goes beside it.
console.log = console.error
const node = await bootstrap()
process.exitCode = await run(node, ['test/chaos/main.ts', ...process.argv.slice(2)])
