import { ConfigError } from '../config.ts'
import { DqError, messageOf } from '../core/errors.ts'
import { suggest } from './suggest.ts'

/** What the programs answer to a script; these numbers do not change. */
export const EXIT = {
  ok: 0,
  /** Something failed, was refused, is not there, or does not add up. */
  failed: 1,
  /** Wrong use or configuration: nothing was done. */
  usage: 2,
  /** Redis refused the user, the password or the permission. */
  credentials: 78,
} as const

/** The caller wrote something that cannot be meant. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
  }
}

/** @throws UsageError that names the nearest of the known names. */
export function refuseName(what: string, given: string, names: readonly string[]): never {
  const hint = suggest(given, names)
  throw new UsageError(`there is no ${what} '${given}'${hint || `; there are ${names.join(', ')}`}`)
}

/** Errors of the library that are about what the caller wrote, or with what. */
const USAGE_CODES: readonly string[] = ['invalid_input', 'not_supported', 'payload_too_large', 'format']

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage
  if (!(error instanceof DqError)) return EXIT.failed
  if (error.code === 'credentials') return EXIT.credentials
  return USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failed
}

/** What to tell the caller, one message a line. */
export const messagesOf = (error: unknown): readonly string[] =>
  error instanceof ConfigError ? error.problems : [messageOf(error)]
