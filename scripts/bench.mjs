// `npm run bench -- …`: makes the clone ready, installs the peers it is measured against, then measures.
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { installPackages } from './lib/packages.mjs'
import { ROOT } from './lib/project.mjs'
import { run } from './lib/run.mjs'

// With `--json` stdout is one document: what the set-up has to say goes beside it.
if (process.argv.includes('--json')) console.log = console.error
const node = await bootstrap()
await installPackages(join(ROOT, 'bench'))
process.exitCode = await run(node, ['bench/run.ts', ...process.argv.slice(2)])
