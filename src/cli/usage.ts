import { UsageError } from './exit.ts'
import { suggest } from './suggest.ts'

/** `<a> [b] <c..>` as numbers: how few and how many arguments that is. */
export function arity(takes: string): { least: number; most: number } {
  const parts = takes.split(' ').filter(Boolean)
  return {
    least: parts.filter((part) => part.startsWith('<')).length,
    most: parts.some((part) => part.includes('..')) ? Infinity : parts.length,
  }
}

/** @param path the command with its group, such as `dlq list`. @throws UsageError */
export function checkPositional(path: string, takes: string, given: readonly string[]): void {
  const { least, most } = arity(takes)
  const usage = `usage: dq ${`${path} ${takes}`.trim()}`
  const missing = takes.split(' ').filter((part) => part.startsWith('<'))[given.length]
  if (given.length < least) throw new UsageError(`${path}: ${missing} is missing; ${usage}`)
  if (given.length > most)
    throw new UsageError(`${path}: '${given[most]}' is one argument too many; quote what has blanks; ${usage}`)
}

/** @throws UsageError for the first option that is not among `known`. */
export function checkOptions(path: string, given: readonly string[], known: readonly string[]): void {
  const stranger = given.find((name) => !known.includes(name))
  if (stranger === undefined) return
  const dashes = stranger.length === 1 ? '-' : '--'
  const hint = suggest(stranger, known, '--')
  throw new UsageError(`${path}: there is no option ${dashes}${stranger}${hint || `; see dq ${path} --help`}`)
}
