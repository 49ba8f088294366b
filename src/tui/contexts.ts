import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, didYouMean } from '../config.ts'
import { yamlSource } from '../config/sources.ts'

/** A Redis that is known by name, out of `contexts.yaml`. */
export interface Context {
  readonly name: string
  /** It is worked with in earnest: the console begins read-only there. */
  readonly isProd: boolean
  /** Which Redis, in the words of the command line. */
  readonly connection: Readonly<Record<string, string>>
}

type Env = Readonly<Record<string, string | undefined>>

const FIELDS = ['redis-url', 'namespace', 'prod'] as const

/** `$XDG_CONFIG_HOME/dq/contexts.yaml`, at home without that. */
export const contextsFile = (env: Env): string =>
  join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'dq', 'contexts.yaml')

function fieldsOf(name: string, text: string, file: string): Readonly<Record<string, unknown>> {
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch {
    // A bare word stood there instead of fields.
    tree = undefined
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree))
    throw new ConfigError([`${file}: context ${name} has to have fields: redis-url, namespace, prod`])
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key.replaceAll('_', '-'), value]))
}

/** @throws ConfigError naming the file, what is wrong in it, and the remedy. */
export function contextNamed(name: string, env: Env): Context {
  const file = contextsFile(env)
  const problems: string[] = []
  const { values } = yamlSource(file, process.cwd(), true, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  const text = values.get(name.replaceAll('_', '-'))
  if (text === undefined)
    throw new ConfigError([`--context: ${file} has no context ${name}${didYouMean(name, [...values.keys()])}`])
  const fields = fieldsOf(name, text, file)
  const stranger = Object.keys(fields).find((key) => !(FIELDS as readonly string[]).includes(key))
  if (stranger !== undefined)
    throw new ConfigError([`${file}: context ${name} has no field ${stranger}${didYouMean(stranger, FIELDS)}`])
  const { prod = false, ...rest } = fields
  if (typeof prod !== 'boolean') throw new ConfigError([`${file}: prod of context ${name} is true or false`])
  const wrong = Object.entries(rest).find(([, value]) => typeof value !== 'string')
  if (wrong !== undefined) throw new ConfigError([`${file}: ${wrong[0]} of context ${name} has to be a text`])
  return { name, isProd: prod, connection: rest as Readonly<Record<string, string>> }
}
