import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type * as Yaml from 'yaml'
import { messageOf } from '../core/errors.ts'

/** Loaded for the first file that is there: most programs find none, and this is 70 files that they need not read. */
const parseYaml = (text: string): unknown => (createRequire(import.meta.url)('yaml') as typeof Yaml).parse(text)

export type Environment = Readonly<Record<string, string | undefined>>
/** Parsed arguments by the names of their flags, as yargs gives them. */
export type Arguments = Readonly<Record<string, unknown>>

/** One place that options come from. Values are text, by flag or by environment variable. */
export interface Source {
  readonly by: 'flag' | 'env'
  readonly values: ReadonlyMap<string, string>
  /** How a name of this source is called in messages. */
  readonly label: (name: string) => string
  /** What is no option but a list of its own: the schedules of a file. Undefined where there is no file. */
  readonly schedules?: unknown
}

/** The text of a file; undefined when there is none. */
function read(file: string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    problems.push(`${file} cannot be read: ${messageOf(error)}`)
    return undefined
  }
}

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function argumentSource(argv: Arguments, lists: ReadonlySet<string>, problems: string[]): Source {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(argv)) {
    if (value === undefined || name === '_' || name === '$0') continue
    if (Array.isArray(value) && !lists.has(name)) problems.push(`--${name} is given more than once`)
    else if (value === '') problems.push(`--${name} needs a value`)
    else values.set(name, textOf(value))
  }
  return { by: 'flag', values, label: (name) => `--${name}` }
}

const filled = (variables: Environment): Map<string, string> =>
  new Map(Object.entries(variables).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''))

/** An empty variable counts as absent. */
export const environmentSource = (env: Environment): Source => ({
  by: 'env',
  values: filled(env),
  label: (name) => name,
})

export function dotEnvSource(cwd: string, problems: string[]): Source {
  const content = read(join(cwd, '.env'), problems)
  return { by: 'env', values: filled(parseEnv(content ?? '')), label: (name) => `${name} in .env` }
}

/** @param required the file was asked for by name, so that its absence is a mistake. */
export function yamlSource(file: string, cwd: string, required: boolean, problems: string[]): Source {
  const values = new Map<string, string>()
  let source: Source = { by: 'flag', values, label: (name) => `${name} in ${file}` }
  const before = problems.length
  const content = read(resolve(cwd, file), problems)
  if (content === undefined) {
    if (required && problems.length === before) problems.push(`${file}: there is no such file`)
    return source
  }
  source = { ...source, schedules: [] }
  try {
    const tree: unknown = parseYaml(content)
    if (tree === null || tree === undefined) return source
    if (typeof tree !== 'object' || Array.isArray(tree))
      problems.push(`${file}: write one option a line, as name: value`)
    else
      for (const [name, value] of Object.entries(tree))
        if (name === 'schedules') source = { ...source, schedules: value ?? [] }
        else if (value !== null) values.set(name.replaceAll('_', '-'), textOf(value))
  } catch (error) {
    problems.push(`${file} is not YAML: ${messageOf(error).split('\n')[0]?.replace(/:$/, '')}`)
  }
  return source
}

/** What the file named by `<name>_FILE` holds, without the line end that editors leave. */
export function secretFile(file: string, label: string, problems: string[]): string | undefined {
  const before = problems.length
  const content = read(file, problems)
  if (content === undefined && problems.length === before) problems.push(`${label}: there is no file ${file}`)
  return content?.replace(/\r?\n$/, '')
}
