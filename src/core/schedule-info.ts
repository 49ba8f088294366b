import type { Priority } from './priority.ts'
import type { State } from './states.ts'
import type { Json } from './task.ts'

/** What becomes of slots that no scheduler was there to fire. */
export type MissedPolicy = 'once' | 'skip' | 'all'
/** What becomes of a slot while the run before goes on. */
export type OverlapPolicy = 'allow' | 'skip' | 'queue'

export interface ScheduleInfo {
  readonly name: string
  readonly spec: string
  readonly timeZone: string
  readonly type: string
  readonly queue: string
  readonly priority: Priority
  /** Of a schedule that is encrypted only that it is. */
  readonly payload: Json
  /** As it is stored, where it is encrypted. */
  readonly sealed?: string | undefined
  readonly createdAtMs: number
  /** No slot lies before or after these. */
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly enabled: boolean
  readonly missed: MissedPolicy
  readonly overlap: OverlapPolicy
  /** A run begins up to so much after its slot. */
  readonly jitterMs: number
  /** The file that declares it; undefined for one made by hand or in code. */
  readonly source: string | undefined
  /** Next slot; undefined when it is disabled or over, or its queue does not know it yet. */
  readonly nextRunAtMs: number | undefined
  /** A run waits for the one before to end. */
  readonly waits: boolean
  /** The newest run, whatever passed since. */
  readonly lastRun: ScheduleRun | undefined
}

/** One line of the history of a schedule. */
export interface ScheduleRun {
  /** `fired` at its slot, `triggered` by hand; slots that passed: `missed`, or `overlap` with the run before. */
  readonly what: 'fired' | 'triggered' | 'missed' | 'overlap'
  /** Of several that passed the first. Of a trigger: when it was. */
  readonly slotMs: number
  readonly atMs: number
  /** Slots that passed; 1 for a run. */
  readonly count: number
  /** Task of the run. */
  readonly id: string | undefined
  /** Of the task; undefined for slots that passed, and when nothing is kept of it any more. */
  readonly state: State | undefined
}
