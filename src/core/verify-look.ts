import type { QueueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

/** What a deep look found, for `repair` to prove and mend. Ids of each kind are bounded; another look finds the rest. */
export interface Findings {
  /** Ids whose places are not one. */
  readonly places: Set<string>
  /** Grants that do not fit what is held → the ids seen held by them. */
  readonly grants: Map<string, readonly string[]>
  /** Ids of which something is kept that should not be. */
  readonly notes: Set<string>
}

/** Of one call. */
export const PAGE = 1_000
const PROBLEMS_MAX = 100
/** Of each kind; another look finds the rest. */
export const FINDINGS_MAX = 100_000

export async function* scan(
  redis: RedisClient,
  command: 'HSCAN' | 'ZSCAN',
  key: string,
): AsyncGenerator<[string, string]> {
  let cursor = '0'
  do {
    const [next, flat] = (await redis.call(command, key, cursor, 'COUNT', PAGE)) as [string, string[]]
    cursor = next
    for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!]
  } while (cursor !== '0')
}

/** One look: what it has to say, and what it leaves to be mended. */
export class Look {
  readonly problems: string[] = []
  readonly findings: Findings = { places: new Set(), grants: new Map(), notes: new Set() }
  readonly redis: RedisClient
  readonly keys: QueueKeys

  constructor(redis: RedisClient, keys: QueueKeys) {
    this.redis = redis
    this.keys = keys
  }

  report(problem: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem)
  }

  note(kind: 'places' | 'notes', id: string, problem: string): void {
    this.report(problem)
    const ids = this.findings[kind]
    if (ids.size < FINDINGS_MAX) ids.add(id)
  }
}
