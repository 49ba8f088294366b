import { closest } from '../config.ts'

/** `; did you mean --x?`, or nothing: a name that begins like this, else the nearest one. */
export function suggest(given: string, names: readonly string[], dashes: '' | '--' = ''): string {
  const longer = given.length > 1 ? names.find((name) => name.startsWith(given)) : undefined
  const name = longer ?? closest(given, names)
  return name === undefined ? '' : `; did you mean ${dashes}${name}?`
}
