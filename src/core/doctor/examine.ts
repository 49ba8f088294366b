import { DqError, messageOf } from '../errors.ts'
import type { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import { type Info, readInfos } from '../redis-info.ts'
import { books } from './books.ts'
import { type Check, findingsOf, type Patient, type Row, worst } from './check.ts'
import { clock } from './clock.ts'
import { disk } from './disk.ts'
import { eviction } from './eviction.ts'
import { format } from './format.ts'
import { knownBad } from './known-bad.ts'
import { memory } from './memory.ts'
import { mode } from './mode.ts'
import { permissions } from './permissions.ts'
import { persistence } from './persistence.ts'
import { types } from './types.ts'
import { version } from './version.ts'
import { workers } from './workers.ts'

/** Every check, in the order in which they are told: the server first. */
export const CHECKS: readonly Check[] = [
  version,
  knownBad,
  mode,
  eviction,
  persistence,
  disk,
  memory,
  permissions,
  clock,
  format,
  books,
  workers,
  types,
]

/** One check; that it could not be made is a finding too. */
export async function look(check: Check, patient: Omit<Patient, 'info'>, servers: readonly Info[]): Promise<Row[]> {
  const { what } = check
  try {
    return (await findingsOf(check, patient, servers)).map((finding) => ({ what, ...finding }))
  } catch (error) {
    if (error instanceof DqError && error.code === 'credentials')
      return [{ what, level: 'warn', text: 'not for this user to look at', remedy: 'run dq doctor as dq-viewer' }]
    const remedy = 'dq-daemon check says what the user may do'
    return [{ what, level: 'fail', text: `could not be looked at: ${messageOf(error)}`, remedy }]
  }
}

/** Looks at a Redis and what runs on it, and changes nothing. */
export async function examine(redis: RedisClient, inspector: Inspector, namespace: string): Promise<Row[]> {
  const patient = { redis, inspector, namespace }
  const servers = await readInfos(redis)
  const rows: Row[] = []
  for (const check of CHECKS) {
    const found = await look(check, patient, servers)
    rows.push(...found)
    // Of a server that is none for tasks the rest would only say so again, after waiting for answers.
    if (check === mode && worst(found) === 'fail') break
  }
  return rows
}
