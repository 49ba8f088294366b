import type { DeadGroup } from '../../core/task.ts'
import { type Safe, safeLine } from '../text/safe.ts'

/** Dead tasks of one kind, over all queues that are looked at. */
export interface GroupRow {
  /** Shows only these; undefined: no filter can. */
  readonly filter: string | undefined
  readonly queues: readonly string[]
  readonly type: Safe
  readonly message: Safe
  readonly count: number
  readonly newestMs: number
  /** Deaths in ten minutes each, the present ones last. */
  readonly trend: readonly number[]
}

/** What the dead tasks of a queue, or of all, died of. */
export interface GroupList {
  readonly queue: string | undefined
  readonly rows: readonly GroupRow[]
}

const merged = (groups: readonly [DeadGroup, ...DeadGroup[]]): GroupRow => {
  const [first] = groups
  const message = first.message === '' ? first.reason : first.message
  return {
    // Those that are no longer told apart carry no common mark.
    filter: first.group === 'other' ? undefined : `group:${first.group}`,
    queues: groups.map(({ queue }) => queue),
    type: first.group === 'other' ? safeLine('various') : safeLine(first.type, 60),
    message: first.group === 'other' ? safeLine('kinds beyond the 500 that are told apart') : safeLine(message),
    count: groups.reduce((sum, { count }) => sum + count, 0),
    newestMs: groups.reduce((newest, { lastAtMs }) => Math.max(newest, lastAtMs), 0),
    trend: first.trend.map((_, at) => groups.reduce((sum, { trend }) => sum + (trend[at] ?? 0), 0)),
  }
}

/** The biggest first; the same kind in several queues is one. */
export function toGroupRows(groups: readonly DeadGroup[]): readonly GroupRow[] {
  return [...Map.groupBy(groups, ({ group }) => group).values()]
    .map((same) => merged(same as [DeadGroup, ...DeadGroup[]]))
    .toSorted((a, b) => b.count - a.count || b.newestMs - a.newestMs)
}
