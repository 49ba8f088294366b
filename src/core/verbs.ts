import type { Priority } from './priority.ts'
import type { WordOf } from './replies.ts'

/** A task on its way in, encoded. */
export interface NewTask {
  readonly id: string
  readonly type: string
  readonly priority: Priority
  readonly envelope: string
  /** `in`: after a delay by Redis's clock; `at`: at a time. */
  readonly when: 'now' | 'in' | 'at'
  readonly timeMs: number
  readonly idempotencySha: string | undefined
  /** Set when the caller chose the id. */
  readonly contentHash: number | undefined
}

export interface EnqueueReply {
  readonly word: WordOf<'enqueue'>
  /** The task that holds the idempotency key, for such a duplicate. */
  readonly owner: string | undefined
}

export interface ClaimRequest {
  readonly worker: string
  readonly want: number
  readonly quotas: Readonly<Record<Priority, number>>
  readonly leaseMs: number
  /** For tasks and types that have none of their own. */
  readonly timeoutMs: number
  /** Nothing runs and no other claim is under way, so a suspect may come. */
  readonly idle: boolean
  readonly timeouts: Readonly<Record<string, number>>
}

/** Completions of one grant and type. */
export interface CompleteGroup {
  readonly nonce: string
  readonly type: string
  /** 0 keeps no record. */
  readonly resultTtlMs: number
  /** Whether these tasks have attempts or failures to forget. */
  readonly hasRecord: boolean
  readonly items: readonly { readonly id: string; readonly record?: string | undefined; readonly extras: string }[]
}

export interface FailItem {
  readonly nonce: string
  readonly id: string
  readonly type: string
  readonly verdict: 'retry' | 'dead'
  readonly delayMs: number
  readonly line: string
  readonly extras: string
}

export interface ReleaseItem {
  readonly nonce: string
  readonly id: string
  readonly mode: 'front' | 'snooze' | 'unknown'
  readonly delayMs: number
}

export interface Renewal {
  readonly nonce: string
  readonly lost: boolean
  /** Ids whose cancel was asked for, and ids past their deadline and grace. */
  readonly cancelled: readonly string[]
  readonly overdue: readonly string[]
}

export interface Reaped {
  readonly outcome: 'reaped' | 'poison' | 'cancelled'
  readonly id: string
  readonly worker: string
}

/** What one look for expired leases gave. */
export interface Sweep {
  readonly heldUntilMs: number | undefined
  readonly reaped: readonly Reaped[]
}

/** What ended because its time was over, and whether there may be more. */
export interface Swept {
  readonly trash: number
  readonly history: number
  readonly tombs: number
  readonly more: boolean
}

export interface Pulse {
  readonly moved: number
  readonly nowMs: number
  readonly nextDueMs: number | undefined
  readonly dueSchedules: readonly { readonly name: string; readonly slotMs: number }[]
}
