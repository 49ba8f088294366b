import type { DeadGroup } from '../../core/task.ts'
import type { QueueRow } from '../source/rows.ts'
import type { ConsoleReads } from '../source/source.ts'
import type { OperationPart } from '../state/plan.ts'
import type { TaskBrief } from '../state/plans.ts'
import type { Survey } from '../state/operation-plans.ts'
import { NOTHING, safeLine } from '../text/safe.ts'
import type { Collecting } from './collect.ts'

/** The group that a filter is about; empty for all; undefined when tasks have to be looked at. */
const groupOf = (filter: string): string | undefined => /^(?:group:(?=\w))?(\w*)$/.exec(filter.trim())?.[1]

const least = (times: readonly number[]): number | undefined =>
  times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
const most = (times: readonly number[]): number | undefined =>
  times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b))

const sumOf = (groups: readonly DeadGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0)

/**
 * The part of one queue, when its count is known without looking at tasks. What is meant as of now may be what is there a
 * moment later; what is meant as of an earlier time is not known any more once another task died.
 */
function partOf(
  queue: string,
  groups: readonly DeadGroup[],
  row: QueueRow,
  { group, beforeMs, isOfNow }: { group: string; beforeMs: number; isOfNow: boolean },
): OperationPart | undefined {
  const lastMs = most(groups.map(({ lastAtMs }) => lastAtMs)) ?? 0
  const count = sumOf(groups)
  if (isOfNow && group === '') return { queue, count: row.dead, beforeMs: row.atMs }
  if (isOfNow) return { queue, count, beforeMs: Math.max(beforeMs, lastMs + 1) }
  // A task that died without a failure is in no group.
  const isCounted = lastMs < beforeMs && (group !== '' || count === row.dead)
  return isCounted ? { queue, count, beforeMs } : undefined
}

/**
 * Counts all dead tasks, or those of a group, by what Redis keeps count of.
 * @param isOfNow what is meant is what was there when `rows` were read, and not at an earlier time.
 * @returns undefined when it takes a look at the tasks themselves.
 */
export async function survey(
  reads: ConsoleReads,
  { queues, states, filter, beforeMs }: Collecting,
  { rows, isOfNow }: { readonly rows: readonly QueueRow[]; readonly isOfNow: boolean },
): Promise<Survey | undefined> {
  const group = groupOf(filter)
  if (group === undefined || states.join() !== 'dead') return undefined
  const all = await reads.deadGroups(queues)
  const groups = group === '' ? all : all.filter((one) => one.group === group)
  const parts = rows
    .filter(({ key }) => queues.includes(key))
    .map((row) => {
      const own = groups.filter(({ queue }) => queue === row.key)
      return partOf(row.key, own, row, { group, beforeMs, isOfNow })
    })
  if (parts.includes(undefined)) return undefined
  return {
    parts: parts.filter((part) => part !== undefined && part.count > 0) as OperationPart[],
    kinds: groups.map(({ type, message, reason, count }) => ({
      type: safeLine(type, 60),
      message: safeLine(message === '' ? reason : message, 60),
      count,
    })),
    oldestMs: least(groups.map(({ firstAtMs }) => firstAtMs)),
    newestMs: most(groups.map(({ lastAtMs }) => lastAtMs)),
  }
}

/** The same of tasks that were looked at one by one. */
export function surveyOf(found: readonly TaskBrief[], beforeMs: number): Survey {
  const times = found.flatMap(({ endedAtMs }) => endedAtMs ?? [])
  const kinds = [...Map.groupBy(found, ({ type, message }) => `${type}\0${message}`).values()]
  return {
    parts: [...Map.groupBy(found, ({ ref }) => ref.queue)].map(([queue, tasks]) => ({
      queue,
      count: tasks.length,
      beforeMs,
    })),
    kinds: kinds.map((same) => ({ type: same[0]!.type, message: same[0]!.message ?? NOTHING, count: same.length })),
    oldestMs: least(times),
    newestMs: most(times),
  }
}
