import type { Editable } from '../../core/edit.ts'
import type { Json } from '../../core/task.ts'
import type { TaskRef } from '../source/source.ts'
import type { Safe } from '../text/safe.ts'

/** Ids of one queue. */
export interface IdSet {
  readonly queue: string
  readonly ids: readonly string[]
}

/** How many dead tasks of a queue are meant, and up to when they died, by Redis's clock. */
export interface OperationPart {
  readonly queue: string
  readonly count: number
  readonly beforeMs: number
}

/** A change by hand, with everything that it needs fixed beforehand. */
export type Act =
  | { readonly kind: 'pause' | 'resume'; readonly queue: string }
  | { readonly kind: 'quiet'; readonly worker: string; readonly on: boolean }
  | { readonly kind: 'enable'; readonly schedule: string; readonly on: boolean }
  | { readonly kind: 'trigger'; readonly schedule: string }
  | {
      readonly kind: 'replay' | 'purge' | 'cancel' | 'hasten'
      readonly sets: readonly IdSet[]
      readonly perSecond?: number
      /** Of a purge: each task is written to a file first. */
      readonly backup?: true
    }
  /** By operations that go on by themselves, one for each queue. */
  | {
      readonly kind: 'operate'
      readonly what: 'replay' | 'purge'
      readonly filter: string
      readonly parts: readonly OperationPart[]
      readonly perSecond?: number
      readonly backup?: true
    }
  | {
      readonly kind: 'steer'
      readonly queue: string
      readonly operation: string
      readonly action: 'pause' | 'resume' | 'cancel'
    }
  /** A dead task with another payload. */
  | { readonly kind: 'edit'; readonly ref: TaskRef; readonly shown: Editable; readonly payloadJson: string }
  | { readonly kind: 'enqueue'; readonly type: string; readonly payload: Json; readonly queue: string | undefined }
  | { readonly kind: 'undo'; readonly change: Change }

/** A change that was made and can be taken back. */
export type Change =
  | { readonly kind: 'pause' | 'resume'; readonly queue: string; readonly label: Safe }
  | { readonly kind: 'quiet'; readonly worker: string; readonly on: boolean; readonly label: Safe }
  | { readonly kind: 'enable'; readonly schedule: string; readonly on: boolean; readonly label: Safe }
  | {
      readonly kind: 'purge'
      readonly purges: readonly { readonly queue: string; readonly operation: string }[]
      /** It may still be going on, and is ended first. */
      readonly isOperation?: true
      readonly label: Safe
    }
  /** Made elsewhere: the last one of a queue, whatever it was. */
  | { readonly kind: 'newest-purge'; readonly queue: string; readonly label: Safe }

/**
 * What is asked before something changes. Tier 1: one object, reversible, a question in the last row. Tier 2: a box
 * that names count, source and destination. Tier 3: the same, and a phrase to be typed.
 */
export interface Plan {
  readonly act: Act
  readonly tier: 1 | 2 | 3
  readonly title: Safe
  readonly facts: readonly (readonly [label: Safe, value: Safe])[]
  readonly question: Safe
  readonly phrase: Safe | undefined
}

export const countOf = (sets: readonly IdSet[]): number => sets.reduce((sum, { ids }) => sum + ids.length, 0)
