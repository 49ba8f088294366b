// `npm run fuzz -- --seed N --seconds S`: makes the clone ready, then types nonsense into the console for so long.
import { parseArgs } from 'node:util'
import { bootstrap } from './bootstrap.mjs'
import { giveUp, run } from './lib/run.mjs'

const HELP = `npm run fuzz -- [options]

  --seed N     what is typed is the same for the same seed (default: another each time)
  --seconds N  ends after so long (default: 60)
  --steps N    ends after so many inputs instead: with the seed, as far as a run came that failed
`
const MOST_STEPS = 100_000_000
const DAY_SECONDS = 86_400

function options() {
  const option = { type: 'string' }
  try {
    const named = { seed: option, seconds: option, steps: option, help: { type: 'boolean' } }
    return parseArgs({ options: named }).values
  } catch (error) {
    return giveUp(error.message)
  }
}

function whole(text, flag, otherwise) {
  if (text === undefined) return otherwise
  return /^\d{1,9}$/.test(text) ? Number(text) : giveUp(`--${flag} ${text} is no whole number`)
}

const given = options()
if (given.help) {
  console.log(HELP)
} else {
  const seed = whole(given.seed, 'seed', Date.now() % 1_000_000)
  const steps = whole(given.steps, 'steps', MOST_STEPS)
  const seconds = whole(given.seconds, 'seconds', given.steps === undefined ? 60 : DAY_SECONDS)
  const node = await bootstrap()
  const settings = { DQ_FUZZ_SEED: seed, DQ_FUZZ_STEPS: steps, DQ_FUZZ_SECONDS: seconds }
  const env = { ...process.env, NODE_ENV: 'production', ...settings }
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    'test/tui/fuzz.test.ts',
    '--project=tui',
    '-t',
    'whatever is typed',
  ]
  process.exitCode = await run(node, [...vitest, '--disable-console-intercept'], { env })
}
