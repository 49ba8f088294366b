import { didYouMean } from '../core/closest.ts'
import { maskUrl } from '../core/redis-url.ts'
import type { Option } from './option.ts'
import { secretFile, type Source } from './sources.ts'
import { OPTION_KEYS, type OptionKey, ROWS, type Values } from './rows.ts'

/** A value and where it was written. */
interface Found {
  readonly text: string
  readonly from: string
}

export interface Resolved {
  readonly values: Values
  /** Where each value comes from: a flag, a variable, a line of a file, or `default`. */
  readonly origins: Readonly<Record<OptionKey, string>>
  /** Options whose value could not be read: theirs in `values` is of no use. */
  readonly refused: ReadonlySet<OptionKey>
}

/** All that one source says about one option, under any of its names. */
function findAll(row: Option<unknown>, source: Source, problems: string[]): Found[] {
  if (source.by === 'flag') {
    const text = row.flag === undefined ? undefined : source.values.get(row.flag)
    return text === undefined ? [] : [{ text, from: source.label(row.flag!) }]
  }
  const found: Found[] = []
  for (const { env, read } of [{ env: row.env, read: undefined }, ...(row.aliases ?? [])]) {
    const given = source.values.get(env)
    const text = given !== undefined && read ? read(given) : given
    if (text !== undefined) found.push({ text, from: source.label(env) })
  }
  const file = row.secret ? source.values.get(`${row.env}_FILE`) : undefined
  if (file !== undefined) {
    const from = source.label(`${row.env}_FILE`)
    const text = secretFile(file, from, problems)
    if (text !== undefined) found.push({ text, from })
  }
  return found
}

const BAD = Symbol('refused')

function parsed(row: Option<unknown>, { text, from }: Found, problems: string[]): unknown {
  const result = row.parse.safeParse(text)
  if (result.success) return result.data
  // A password may be part of any address.
  const shown = row.secret ? 'the value' : `'${row.connection ? maskUrl(text) : text}'`
  problems.push(`${from}: ${shown} ${result.error.issues[0]?.message ?? 'cannot be used'}`)
  return BAD
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The value of one option from the first source that has one. */
function resolveOne(key: OptionKey, sources: readonly Source[], problems: string[]): { value: unknown; from: string } {
  const row = ROWS[key]
  for (const source of sources) {
    const found = findAll(row, source, problems)
    const values = found.map((one) => parsed(row, one, problems))
    const other = values.findIndex((value) => value !== BAD && values[0] !== BAD && !same(value, values[0]))
    if (other > 0)
      problems.push(`${found[0]!.from} and ${found[other]!.from} are one option with two values; keep one of them`)
    if (found.length > 0) return { value: values[0], from: found[0]!.from }
  }
  const value = row.fallback === undefined ? undefined : parsed(row, { text: row.fallback, from: key }, problems)
  return { value, from: 'default' }
}

/** Values by precedence of the sources; what is wrong with them is added to `problems`. */
export function resolve(keys: readonly OptionKey[], sources: readonly Source[], problems: string[]): Resolved {
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const refused = new Set<OptionKey>()
  for (const key of keys) {
    const { value, from } = resolveOne(key, sources, problems)
    if (value === BAD) refused.add(key)
    values[key] = value
    origins[key] = from
  }
  return { values: values as Values, origins: origins as Record<OptionKey, string>, refused }
}

export const FLAGS: readonly string[] = OPTION_KEYS.flatMap((key) => ROWS[key].flag ?? [])

/** What an earlier or another design has at another place. */
const ELSEWHERE: Readonly<Record<string, string>> = { limits: '; write them under queues, by queue' }

/** Names of a source by flag that no option has. */
export function refuseUnknown(source: Source, problems: string[]): void {
  const prefix = source.label('').startsWith('--') ? '--' : ''
  for (const name of source.values.keys()) {
    if (FLAGS.includes(name)) continue
    problems.push(`${source.label(name)} is no option${ELSEWHERE[name] ?? didYouMean(name, FLAGS, prefix)}`)
  }
}

const ENVS: readonly string[] = OPTION_KEYS.flatMap((key) => {
  const row = ROWS[key]
  return [row.env, ...(row.aliases ?? []).map((alias) => alias.env), ...(row.secret ? [`${row.env}_FILE`] : [])]
})

/** Variables that look like ours and are not: a misspelt one would otherwise be silently without effect. */
export function strangeVariables(source: Source): string[] {
  return [...source.values.keys()]
    .filter((name) => name.startsWith('DQ_') && !ENVS.includes(name))
    .map((name) => `${source.label(name)} is no option${didYouMean(name, ENVS)}`)
}
