import type { RedisOptions } from '../redis.ts'
import type { RetryPolicy } from '../retry.ts'

/** What the renewal thread is started with. */
export interface RenewalData {
  readonly redis: RedisOptions
  readonly namespace: string
  readonly worker: string
  readonly queues: readonly string[]
  readonly leaseMs: number
  readonly graceMs: number
  readonly resultTtlMs: number
  readonly maxRetries: number
  /** Without custom functions, which cannot leave their thread. */
  readonly policies: Readonly<Record<string, RetryPolicy>>
  readonly grants: SharedArrayBuffer
  /** One float: when the worker's event loop last turned, by its `performance.now`. */
  readonly pulse: SharedArrayBuffer
  readonly endsWhenStuck: boolean
  /** `process.hrtime` in ms less the worker's `performance.now`: the thread's own has another origin. */
  readonly originMs: number
}

/** What the thread tells its worker. */
export type RenewalMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'lost'; readonly nonce: string }
  | { readonly kind: 'cancelled'; readonly nonce: string; readonly ids: readonly string[] }
  /** The thread has settled it as timed out. */
  | { readonly kind: 'overdue'; readonly nonce: string; readonly id: string }
  | { readonly kind: 'trouble'; readonly queue: string; readonly message: string }
