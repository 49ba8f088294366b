import type { AccessRole } from '../access.ts'
import type { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import type { Info } from '../redis-info.ts'

export type Level = 'ok' | 'warn' | 'fail'

/** What one look found. */
export interface Row {
  readonly level: Level
  /** One word for scripts, which stays the same. */
  readonly what: string
  readonly text: string
  /** What to do about it; absent when all is well. */
  readonly remedy?: string
}

/** What is looked at. Nothing of it is changed. */
export interface Patient {
  readonly redis: RedisClient
  readonly inspector: Inspector
  readonly namespace: string
  /** Whose rights the program needs, and a queue it has to do with, where that is known. */
  readonly role?: AccessRole | undefined
  readonly queue?: string | undefined
  /** Of one server. */
  readonly info: Info
}

/** Adding one is a file that exports it and a word in `examine.ts`. */
export interface Check {
  readonly what: string
  /** It goes by `info`: of a cluster every primary is looked at. */
  readonly ofServer?: true
  look(patient: Patient): readonly Finding[] | Promise<readonly Finding[]>
}
export type Finding = Omit<Row, 'what'>

const LEVELS: readonly Level[] = ['fail', 'warn', 'ok']

export const worst = (rows: readonly Finding[]): Level =>
  LEVELS.find((level) => rows.some((row) => row.level === level)) ?? 'ok'

/** Of several servers only those are told of that are worst off; one of them, when all are well. */
export async function findingsOf(
  check: Check,
  patient: Omit<Patient, 'info'>,
  servers: readonly Info[],
): Promise<readonly Finding[]> {
  const asked = check.ofServer === true ? servers : servers.slice(0, 1)
  const all = await Promise.all(
    asked.map(async (info) => ({ port: info('tcp_port'), found: await check.look({ ...patient, info }) })),
  )
  const level = worst(all.flatMap(({ found }) => found))
  if (all.length === 1 || level === 'ok') return all[0]?.found ?? []
  return all
    .filter(({ found }) => worst(found) === level)
    .flatMap(({ port, found }) => found.map((one) => ({ ...one, text: `the server of port ${port}: ${one.text}` })))
}
