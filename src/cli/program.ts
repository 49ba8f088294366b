import yargs, { type Argv } from 'yargs'
import { CONNECTION_KEYS, flagDeclarations } from '../config.ts'
import { Args, type OptionRows } from './args.ts'
import { type Command, type Entry, isGroup } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { refuseName, UsageError } from './exit.ts'
import { checkOptions, checkPositional } from './usage.ts'

/** What was asked for; undefined when the help or the version was, which is printed already. */
export type Asked = { readonly command: Command; readonly args: Args; readonly json: boolean } | undefined

const CONNECTION = flagDeclarations(CONNECTION_KEYS)
const BUILT_IN = ['json', 'help', 'version']

/** All values are text and stand where they were written, so that one place, `Args`, gives them a meaning. */
const PARSER = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
}

function declare(parser: Argv, rows: OptionRows): Argv {
  for (const [name, row] of Object.entries(rows))
    parser.option(name, {
      type: row.switch ? 'boolean' : 'string',
      describe: row.value === undefined ? row.about : `${row.about} (${row.value})`,
    })
  return grouped(parser, Object.keys(rows))
}

/** Own options first; where Redis is comes last. */
const grouped = (parser: Argv, own: readonly string[]): Argv =>
  parser.group([...own, ...BUILT_IN], 'Options:').group(Object.keys(CONNECTION), 'Which Redis:')

type Choose = (path: string, command: Command, argv: Readonly<Record<string, unknown>>) => void

function addEntry(parser: Argv, entry: Entry, path: string, choose: Choose): Argv {
  const own = path === '' ? entry.name : `${path} ${entry.name}`
  if (isGroup(entry))
    return parser.command(
      entry.name,
      entry.about,
      (inner: Argv) => {
        inner.usage(`$0 ${own} <command>\n\n${entry.about}`)
        for (const command of entry.commands) addEntry(inner, command, own, choose)
        return grouped(inner, [])
      },
      () => {},
    )
  const usage = [`$0 ${own} ${entry.takes ?? ''}`.trim(), entry.about, entry.more ?? ''].join('\n\n').trim()
  return parser.command(
    entry.name,
    entry.about,
    (inner: Argv) => declare(inner.usage(usage), entry.options ?? {}),
    (argv) => choose(own, entry, argv),
  )
}

/** No command of that name, or none at all. */
function refuseCommand(words: readonly string[]): never {
  const group = COMMANDS.find(({ name }) => name === words[0])
  const names = (group && isGroup(group) ? group.commands : COMMANDS).map(({ name }) => name)
  const given = group === undefined ? words[0] : words[1]
  const prefix = group === undefined ? '' : `${group.name} `
  if (given === undefined) throw new UsageError(`say what to do: dq ${prefix}${names.join('|')}; see dq --help`)
  return refuseName(
    'command',
    `${prefix}${given}`,
    names.map((name) => prefix + name),
  )
}

function askedOf(path: string, command: Command, argv: Readonly<Record<string, unknown>>): Asked {
  const { _: words, $0: _program, ...options } = argv
  if (command.passesArguments) return { command, args: new Args([], {}), json: false }
  const known = [...Object.keys(command.options ?? {}), ...Object.keys(CONNECTION), ...BUILT_IN]
  const names = Object.keys(options).filter((name) => options[name] !== undefined)
  checkOptions(path, names, known)
  const positional = (words as unknown[]).map(String).slice(path.split(' ').length)
  checkPositional(path, command.takes ?? '', positional)
  const args = new Args(positional, options)
  return { command, args, json: args.flag('json') }
}

/** Reads the arguments. @throws UsageError */
export async function parse(argv: readonly string[], version: string): Promise<Asked> {
  let asked: Asked
  const parser = yargs([...argv])
    .scriptName('dq')
    .locale('en')
    .exitProcess(false)
    .parserConfiguration(PARSER)
    .usage('$0 <command>\n\nWorks on task queues from a shell or a script.')
    .option('json', { type: 'boolean', describe: 'print JSON' })
    .options(CONNECTION)
    .help()
    .alias('help', 'h')
    .version(version)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  for (const entry of COMMANDS)
    addEntry(parser, entry, '', (path, command, args) => (asked = askedOf(path, command, args)))
  const result = (await grouped(parser, []).parseAsync()) as Readonly<Record<string, unknown>>
  if (asked === undefined && result['help'] !== true && result['version'] !== true)
    refuseCommand((result['_'] as unknown[]).map(String))
  return asked
}
