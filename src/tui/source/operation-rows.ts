import type { OperationInfo, OperationState } from '../../core/task.ts'
import { type Safe, safeLine } from '../text/safe.ts'
import type { ConsoleOperations } from './source.ts'

/** A bulk operation, and how far it is. */
export interface OperationRow {
  readonly key: string
  readonly queueKey: string
  readonly queue: Safe
  readonly kind: 'replay' | 'purge'
  /** Empty: all dead tasks of the queue. */
  readonly filter: Safe
  readonly ratePerSecond: number | undefined
  readonly by: Safe
  readonly state: OperationState
  readonly done: number
  readonly scanned: number
  readonly total: number
  readonly updatedAtMs: number
}

const toOperationRow = (info: OperationInfo): OperationRow => ({
  key: info.id,
  queueKey: info.queue,
  queue: safeLine(info.queue, 40),
  kind: info.kind,
  filter: safeLine(info.filter, 60),
  ratePerSecond: info.ratePerSecond,
  by: safeLine(info.by, 40),
  state: info.state,
  done: info.done,
  scanned: info.scanned,
  total: info.total,
  updatedAtMs: info.updatedAtMs,
})

/** What of an operation can still be steered. */
export const isOpen = ({ state }: Pick<OperationRow, 'state'>): boolean => state === 'running' || state === 'paused'

/** So long the end of one is shown. */
const ENDED_MS = 10_000

/**
 * Operations that are open or ended just now, the newest of each queue first. What pauses is counted nowhere, so from
 * time to time every queue is looked at; in between those that have a running one, or had one.
 */
export async function readOperations(
  operations: ConsoleOperations,
  before: readonly OperationRow[],
  { queues, nowMs, isFull }: { queues: readonly string[]; nowMs: number; isFull: boolean },
): Promise<readonly OperationRow[]> {
  const known = new Set(before.map(({ queueKey }) => queueKey))
  const names = isFull ? queues : [...new Set([...(await operations.running(queues)), ...known])]
  const lists = await Promise.all(names.map((queue) => operations.list(queue)))
  return lists
    .flat()
    .map(toOperationRow)
    .filter((row) => isOpen(row) || nowMs - row.updatedAtMs < ENDED_MS)
}
