import yargs from 'yargs'
import { type Arguments, ConfigError, didYouMean, flagDeclarations, loadConfig, showConfig } from '../config.ts'
import { messageOf } from '../core/errors.ts'
import { EXIT } from './exit-codes.ts'
import type { Surroundings } from './run.ts'
import { VERSION } from '../core/version.ts'
import { visible } from './visible.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function showTable({ argv, env, cwd }: Surroundings): number {
  const rows = showConfig(loadConfig(argv, env, cwd))
  const wide = (key: 'option' | 'value'): number => Math.max(...rows.map((row) => row[key].length))
  for (const { option, value, origin } of rows)
    print(`${option.padEnd(wide('option'))}  ${visible(value).padEnd(Math.min(40, wide('value')))}  ${origin}`)
  return EXIT.ok
}

/** Each command is loaded when it is asked for: checking a configuration needs no web server. */
const COMMANDS: Readonly<Record<string, { about: string; run: (around: Surroundings) => Promise<number> | number }>> = {
  run: { about: 'run the daemon (default)', run: async (around) => (await import('./run.ts')).run(around) },
  check: {
    about: 'try the configuration on the Redis it names, and change nothing',
    run: async (around) => (await import('./check.ts')).check(around, print),
  },
  config: { about: 'show the effective values and where each comes from', run: showTable },
  health: {
    about: 'ask the running daemon whether it is ready; the exit code says it',
    run: async (around) => (await import('./health.ts')).health(around, print),
  },
}

function parser(args: readonly string[]) {
  const parse = yargs([...args])
    .scriptName('dq-daemon')
    .usage('$0 [command] [options]\n\nRuns workers, scheduler, reaper, HTTP API and metrics of DistributedQ.')
    .options(flagDeclarations())
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .epilogue('Each option is also an environment variable, shown in brackets, or a line of dq.yaml.')
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .version(VERSION)
    .help()
    .alias({ h: 'help', v: 'version' })
  for (const [name, { about }] of Object.entries(COMMANDS)) parse.command(name, about)
  return parse
}

/** @throws ConfigError for a word that is no command. */
function commandOf(words: readonly (string | number)[]): string {
  const [name = 'run', ...rest] = words.map(String)
  if (!Object.hasOwn(COMMANDS, name))
    throw new ConfigError([
      `${name} is no command${didYouMean(name, Object.keys(COMMANDS))}; there are ${Object.keys(COMMANDS).join(', ')}`,
    ])
  if (rest.length > 0) throw new ConfigError([`what is ${rest.join(' ')}? ${name} takes options only`])
  return name
}

async function main(args: readonly string[]): Promise<number> {
  const { _: words, $0: _, ...argv } = (await parser(args).parse()) as Arguments & { _: (string | number)[] }
  return COMMANDS[commandOf(words)]!.run({ argv, env: process.env, cwd: process.cwd() })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const problems = error instanceof ConfigError ? error.problems : [messageOf(error)]
  for (const problem of problems) process.stderr.write(`dq-daemon: ${visible(problem)}\n`)
  process.exitCode = error instanceof ConfigError ? EXIT.configuration : EXIT.failure
}
// Handlers that do not end, and their timers, are no reason to stay.
process.exit()
