import { parseArgs } from 'node:util'
import { type RunName, RUN_NAMES, RUNS } from './scenarios/index.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly profile: 'fast' | 'full'
  readonly tasks: number | undefined
  readonly faults: number | undefined
  readonly runs: readonly RunName[]
}

const WIDTH = Math.max(...RUN_NAMES.map((name) => name.length)) + 2

export const HELP = `npm run chaos -- [options]

  --seed N        what is chosen at random is the same for the same seed (default: another each time)
  --profile NAME  fast (leases of 3 s, default) or full (the defaults of a daemon: leases of 30 s)
  --run NAMES     runs, separated by commas, or all; without it the run of the name of the profile
  --tasks N       another number of tasks than the full size of the run
  --faults N      another number of kills, pauses, restarts or cuts than the full size of the run
  --help

Runs:
${RUN_NAMES.map((name) => `  ${name.padEnd(WIDTH)}${RUNS[name].about}`).join('\n')}

Each run prints one line of JSON. The exit code is 0 when all that was promised held, 1 when not, 2 for a wrong option.
`

function whole(text: string | undefined, flag: string, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`--${flag} ${text} is no whole number of at least ${least}`)
}

function oneOf<T extends string>(text: string, flag: string, known: readonly T[]): T {
  const found = known.find((one) => one === text)
  if (found === undefined) throw new Error(`--${flag} ${text} is none of ${known.join(', ')}`)
  return found
}

/** @returns undefined when only help was asked for. @throws Error that names the flag. */
export function readOptions(args: readonly string[]): ChaosOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      profile: { type: 'string', default: 'fast' },
      run: { type: 'string' },
      tasks: { type: 'string' },
      faults: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return undefined
  const profile = oneOf(values.profile, 'profile', ['fast', 'full'] as const)
  return {
    seed: whole(values.seed, 'seed', 0) ?? Date.now() % 1_000_000,
    profile,
    tasks: whole(values.tasks, 'tasks', 1),
    faults: whole(values.faults, 'faults', 1),
    runs:
      values.run === 'all'
        ? RUN_NAMES
        : (values.run ?? profile).split(',').map((name) => oneOf(name, 'run', RUN_NAMES)),
  }
}
