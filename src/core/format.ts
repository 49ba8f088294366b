import { DqError } from './errors.ts'
import { VERSION } from './version.ts'

/**
 * How this version keeps things in Redis. It is raised by one with a change that an older program could not work with;
 * docs/adr/0007-a-format-is-raised-by-hand.md says what such a change has to bring along.
 */
export const FORMAT: number = 1

/** The oldest format that this version works with. It writes the one that is stored, until `dq upgrade`. */
export const FORMAT_OLDEST = Math.max(1, FORMAT - 1)

/** That what is stored, named by `what`, is of a format that this version does not know. */
export function unknownFormat(what: string, stored: string | number): DqError {
  const known = FORMAT_OLDEST === FORMAT ? `format ${FORMAT}` : `formats ${FORMAT_OLDEST} to ${FORMAT}`
  const remedy =
    Number(stored) < FORMAT_OLDEST
      ? 'run the version before it, and dq upgrade, first'
      : 'run the version of the other programs instead'
  return new DqError('format', `${what} is of format ${stored}, and DistributedQ ${VERSION} knows ${known}; ${remedy}`)
}

/** What has no number is of the first format, by a release that wrote none; where nothing is, it will be that of this version. */
export const unwrittenFormat = (isUsed: boolean): number => (isUsed ? 1 : FORMAT)

/** @param stored as Redis gave it. @throws DqError `format` */
export function knownFormat(what: string, stored: unknown): number {
  const format = Number(stored)
  if (format >= FORMAT_OLDEST && format <= FORMAT) return format
  throw unknownFormat(what, String(stored))
}
