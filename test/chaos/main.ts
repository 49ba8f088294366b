import { stripVTControlCharacters } from 'node:util'
import type { ChaosLine } from './lib/line.ts'
import { type ChaosOptions, HELP, readOptions } from './options.ts'
import { RUNS } from './scenarios/index.ts'

const EXIT = { held: 0, violated: 1, usage: 2 } as const

const say = (text: string): void => void process.stderr.write(`${text}\n`)
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** @returns undefined when only help was asked for, or the options are wrong: the exit code then says which. */
function optionsOf(args: readonly string[]): ChaosOptions | undefined {
  try {
    const options = readOptions(args)
    if (options === undefined) process.stdout.write(HELP)
    return options
  } catch (error) {
    say(`${stripVTControlCharacters(messageOf(error))}; see npm run chaos -- --help`)
    process.exitCode = EXIT.usage
    return undefined
  }
}

/** One line of JSON per run on stdout, how far it is on stderr. @returns whether all that was promised held. */
async function playAll({ runs, ...options }: ChaosOptions): Promise<boolean> {
  let held = true
  for (const name of runs) {
    say(`${name}: seed ${options.seed}`)
    try {
      const { play } = RUNS[name]
      const line: ChaosLine = await play({ ...options, built: true, say: (text) => say(`${name}: ${text}`) })
      process.stdout.write(`${JSON.stringify(line)}\n`)
      held &&= line.violations.length === 0
    } catch (error) {
      say(`${name}: broken off with seed ${options.seed}: ${error instanceof Error ? error.stack : String(error)}`)
      held = false
    }
  }
  return held
}

const options = optionsOf(process.argv.slice(2))
if (options !== undefined) process.exitCode = (await playAll(options)) ? EXIT.held : EXIT.violated
