import type { Safe } from '../text/safe.ts'

/** Ids of one queue. */
export interface IdSet {
  readonly queue: string
  readonly ids: readonly string[]
}

/** A change by hand, with everything that it needs fixed beforehand. */
export type Act =
  | { readonly kind: 'pause' | 'resume'; readonly queue: string }
  | { readonly kind: 'quiet'; readonly worker: string; readonly on: boolean }
  | { readonly kind: 'replay' | 'purge'; readonly sets: readonly IdSet[] }
  | { readonly kind: 'undo'; readonly change: Change }

/** A change that was made and can be taken back. */
export type Change =
  | { readonly kind: 'pause' | 'resume'; readonly queue: string; readonly label: Safe }
  | { readonly kind: 'quiet'; readonly worker: string; readonly on: boolean; readonly label: Safe }
  | {
      readonly kind: 'purge'
      readonly queues: readonly string[]
      readonly operation: string
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
