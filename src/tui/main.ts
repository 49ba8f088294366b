import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { CONNECTION_KEYS, ConfigError, flagDeclarations } from '../config.ts'
import { DqError } from '../core/errors.ts'
import { OWN_OPTIONS, UsageError, ownOptions, refuseUnknown } from './options.ts'

const EXIT_USAGE = 2

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Values stay text and stand where they were written; whoever needs one gives it its meaning. */
const PARSER = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
}

/** @returns what was given, by name; undefined when the help or the version was asked for and is printed. */
async function parse(argv: readonly string[]): Promise<Readonly<Record<string, unknown>> | undefined> {
  const connection = flagDeclarations(CONNECTION_KEYS)
  const {
    _: words,
    $0: _program,
    ...given
  } = (await yargs([...argv])
    .scriptName('dq-top')
    .locale('en')
    .exitProcess(false)
    .parserConfiguration(PARSER)
    .usage('$0 [options]\n\nWatches task queues in a terminal, and mends them.')
    .options(OWN_OPTIONS)
    .options(connection)
    .group(Object.keys(connection), 'Which Redis:')
    .help()
    .version(version)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
    .parseAsync()) as Readonly<Record<string, unknown>>
  if (given['help'] === true || given['version'] === true) return undefined
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  refuseUnknown(named, [...Object.keys(OWN_OPTIONS), ...Object.keys(connection), 'help', 'version'])
  const [word] = (words as unknown[]).map((text) => JSON.stringify(text))
  if (word !== undefined)
    throw new UsageError(`${word} is not understood: dq-top takes options only; see dq-top --help`)
  return given
}

async function main(argv: readonly string[]): Promise<number> {
  const given = await parse(argv)
  if (given === undefined) return 0
  const options = ownOptions(given, process.env)
  // Only now: help and mistakes need no Redis and no screen.
  const { start } = await import('./start.ts')
  return start(given, options)
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  // Whoever read our text has seen enough.
  process.exit(0)
})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof ConfigError) && !(error instanceof DqError)) throw error
  const messages = error instanceof ConfigError ? error.problems : [error.message]
  for (const message of messages) process.stderr.write(`dq-top: ${message}\n`)
  process.exitCode = EXIT_USAGE
}
