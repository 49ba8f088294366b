import type { AccessRole } from '../access.ts'
import type { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'

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
  /** A field of Redis's INFO; empty when the server does not tell. */
  readonly info: (field: string) => string
}

/** Adding one is a file that exports it and a word in `examine.ts`. */
export interface Check {
  readonly what: string
  look(patient: Patient): readonly Finding[] | Promise<readonly Finding[]>
}
export type Finding = Omit<Row, 'what'>

/** Reads INFO once, for all checks. */
export async function readInfo(redis: RedisClient): Promise<Patient['info']> {
  const text = String(await redis.call('INFO'))
  return (name) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1] ?? ''
}
