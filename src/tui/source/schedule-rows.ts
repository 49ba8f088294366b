import type { ScheduleInfo, ScheduleRun } from '../../core/task.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import type { Row } from './rows.ts'
import type { TaskRef } from './source.ts'

export interface RunRow extends Row {
  readonly what: ScheduleRun['what']
  readonly slotMs: number
  readonly atMs: number
  readonly count: number
  readonly id: Safe
  /** Of its task; `not kept` when nothing of it is there any more. */
  readonly state: Safe
  /** The run did not do what it was for. */
  readonly isBad: boolean
  readonly ref?: TaskRef
}

export interface ScheduleRow extends Row {
  readonly name: Safe
  readonly spec: Safe
  readonly timeZone: Safe
  readonly type: Safe
  readonly queue: Safe
  readonly priority: Safe
  readonly createdAtMs: number
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly jitterMs: number
  readonly missed: Safe
  readonly overlap: Safe
  readonly source: Safe | undefined
  readonly isEnabled: boolean
  readonly nextRunAtMs: number | undefined
  readonly isWaiting: boolean
  readonly last: RunRow | undefined
}

export function toRunRow(run: ScheduleRun, queue: string): RunRow {
  const { what, slotMs, atMs, count, id, state } = run
  return {
    key: `${what} ${slotMs}`,
    what,
    slotMs,
    atMs,
    count,
    id: id === undefined ? say`` : safeLine(id),
    state: id === undefined ? say`` : state === undefined ? say`not kept` : safeLine(state),
    isBad: state === 'dead' || state === 'cancelled' || what === 'missed',
    ...(id === undefined ? {} : { ref: { queue, id } }),
  }
}

export const toScheduleRow = (info: ScheduleInfo): ScheduleRow => ({
  key: info.name,
  name: safeLine(info.name),
  spec: safeLine(info.spec),
  timeZone: safeLine(info.timeZone),
  type: safeLine(info.type),
  queue: safeLine(info.queue),
  priority: safeLine(info.priority),
  createdAtMs: info.createdAtMs,
  startMs: info.startMs,
  endMs: info.endMs,
  jitterMs: info.jitterMs,
  missed: safeLine(info.missed),
  overlap: safeLine(info.overlap),
  source: info.source === undefined ? undefined : safeLine(info.source),
  isEnabled: info.enabled,
  nextRunAtMs: info.nextRunAtMs,
  isWaiting: info.waits,
  last: info.lastRun && toRunRow(info.lastRun, info.queue),
})
