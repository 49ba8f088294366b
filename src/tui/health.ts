import type { Finding, Rule } from './findings/finding.ts'
import { books, growingDead, lateSchedules, oldTasks, overdue, pausedQueues } from './findings/queues.ts'
import { limitedTasks } from './findings/limits.ts'
import { objectives } from './findings/objectives.ts'
import { clockSkew, evictions, memory } from './findings/redis.ts'
import { expiredLeases, silentWorkers, unknownTypes, unserved } from './findings/workers.ts'
import type { Data } from './source/data.ts'

export type { Finding, GoTo } from './findings/finding.ts'

/** A new finding is one function and a word here. */
const RULES: readonly Rule[] = [
  books,
  evictions,
  memory,
  expiredLeases,
  silentWorkers,
  unserved,
  unknownTypes,
  objectives,
  overdue,
  lateSchedules,
  growingDead,
  pausedQueues,
  oldTasks,
  limitedTasks,
  clockSkew,
]

/** What is wrong now, worst first. */
export const findings = (data: Data, redisNowMs: number): readonly Finding[] =>
  RULES.flatMap((rule) => rule(data, redisNowMs)).toSorted((a, b) => b.severity - a.severity)
