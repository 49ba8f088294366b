import { parseArgs } from 'node:util'
import { fuzzApi } from './run.ts'

const HELP = `npm run fuzz:api -- [options]

  --requests N  so many requests, 30 or more (default: 100000)
  --seed N      what is sent is the same for the same seed (default: another each time)
  --help

Sends random and hostile requests to a daemon on a Redis of its own, and prints one line of JSON. The exit code is 0 when
everything held, 1 when not, 2 for a wrong option.
`
const EXIT = { held: 0, violated: 1, usage: 2 } as const
const LEAST = 30

function whole(text: string | undefined, flag: string, otherwise: number, least: number): number {
  if (text === undefined) return otherwise
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new Error(`--${flag} ${text} is no whole number of at least ${least}`)
}

function readOptions(args: string[]): { seed: number; requests: number } | undefined {
  const named = {
    requests: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  const { values } = parseArgs({ args, options: named })
  if (values.help === true) return undefined
  return {
    requests: whole(values.requests, 'requests', 100_000, LEAST),
    seed: whole(values.seed, 'seed', Date.now() % 1_000_000, 0),
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) process.stdout.write(HELP)
  else {
    say(`seed ${options.seed}`)
    const line = await fuzzApi({ ...options, isBuilt: true, say })
    process.stdout.write(`${JSON.stringify(line)}\n`)
    process.exitCode = line.violations.length === 0 ? EXIT.held : EXIT.violated
  }
} catch (error) {
  const isUsage = error instanceof Error && /^(--|Unknown option|Unexpected argument|Option)/.test(error.message)
  say(isUsage ? `${error.message}; see npm run fuzz:api -- --help` : String((error as Error).stack))
  process.exitCode = isUsage ? EXIT.usage : EXIT.violated
}
