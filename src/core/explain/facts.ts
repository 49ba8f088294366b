import type { LinePlace } from './line.ts'
import type { LimitPlace } from '../limit-place.ts'
import type { QueueScale } from '../scale.ts'
import type { QueueSnapshot } from '../snapshot.ts'
import type { AttemptCounts } from '../records.ts'
import type { TaskInfo, WorkerInfo } from '../task.ts'

/** A key that makes other tasks duplicates, and who holds it now. */
export interface HeldKey {
  readonly kind: 'idempotency' | 'unique'
  /** Undefined: nobody. */
  readonly owner: string | undefined
  /** How long it is still held; undefined: as long as its task lives. */
  readonly expiresInMs: number | undefined
}

/** Everything the reasons are drawn from, read at one time. */
export interface Facts {
  readonly task: TaskInfo
  readonly counts: AttemptCounts
  readonly queue: QueueSnapshot
  readonly scale: QueueScale
  /** All that beat within a day, silent ones too. */
  readonly workers: readonly WorkerInfo[]
  /** Where it stands; undefined when it is not in line. */
  readonly line: LinePlace | undefined
  /** The limit under which it waits, if it does. */
  readonly waitsUnder: LimitPlace | undefined
  /** Parents of a blocked task that have not completed, as `queue/id`. */
  readonly waitsFor: readonly string[]
  readonly keys: readonly HeldKey[]
  /** By Redis's clock. */
  readonly nowMs: number
}

export interface Reason {
  /** A word that stays the same. */
  readonly code: string
  /** A sentence for people. It may quote what others wrote: show it escaped. */
  readonly text: string
  /** The numbers and names in it. Times end in `AtMs`. */
  readonly details: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
}

/** One cause: whatever of it holds, as none, one or several reasons. */
export type Cause = (facts: Facts) => readonly Reason[]

export interface Explanation {
  readonly id: string
  /** Undefined when no queue knows the id. */
  readonly queue: string | undefined
  readonly state: TaskInfo['state'] | 'trash' | undefined
  /** Of the trace that it belongs to. */
  readonly traceId?: string | undefined
  /** First what has to change first. */
  readonly reasons: readonly Reason[]
}

export const isWaiting = ({ task }: Facts): boolean =>
  ['pending', 'limited', 'scheduled', 'retrying'].includes(task.state)

export const atTime = (ms: number): string => new Date(ms).toISOString()
