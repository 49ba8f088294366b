import type { Edge } from './depend.ts'
import type { Durability } from './durability-level.ts'
import type { Priority } from './priority.ts'
import type { WordOf } from './replies.ts'
import type { UniqueMode } from './unique.ts'

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
  /** What becomes of it when another one is what its header says only one may be. */
  readonly unique?: UniqueMode | undefined
  /** Where it has to be before its enqueue is answered; absent: nobody asked. */
  readonly durability?: Durability | undefined
  /** What it depends on; such a task goes through `FlowCalls`. */
  readonly edges?: readonly Edge[]
}

export interface EnqueueReply {
  readonly word: WordOf<'enqueue'> | WordOf<'flow'> | 'failed'
  /**
   * The task that holds the idempotency key or is the unique one: of which this is a duplicate, or which it replaced; the
   * parent that nobody knows.
   */
  readonly owner: string | undefined
  /** Why it failed. */
  readonly error?: Error
  /** What was reached, where more than memory was asked for. */
  readonly durability?: Durability
}

export interface ClaimRequest {
  readonly worker: string
  readonly want: number
  readonly quotas: Readonly<Record<Priority, number>>
  readonly leaseMs: number
  /** For tasks and types that have none of their own. */
  readonly timeoutMs: number
  /** Nothing runs and no other claim is under way, so a suspect may come alone. */
  readonly idle: boolean
  /** The types it can run in a process of their own, each between blanks; `*` for all. Default: none. */
  readonly contains?: string
  /** For how many suspects it has such processes now. */
  readonly spare?: number
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
  /** `crash`: the process of its own died. */
  readonly verdict: 'retry' | 'dead' | 'crash'
  readonly delayMs: number
  readonly line: string
  readonly extras: string
}

export interface ReleaseItem {
  readonly nonce: string
  readonly id: string
  /** `refused`: by what it calls; its rate lets nothing start before the delay is over. */
  readonly mode: 'front' | 'snooze' | 'unknown' | 'refused'
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

/**
 * What was mended: a task put back into line, surplus places of one taken away, a ghost without an entry or a broken hold
 * removed, a grant made to fit what is held, notes of an id that are left over forgotten.
 */
export interface Repaired {
  readonly what: 'lined' | 'surplus' | 'ghost' | 'hold' | 'grant' | 'note'
  /** Of the task; the nonce of a grant. */
  readonly id: string
}

export interface Pulse {
  readonly moved: number
  readonly nowMs: number
  readonly nextDueMs: number | undefined
  readonly dueSchedules: readonly { readonly name: string; readonly slotMs: number }[]
}
