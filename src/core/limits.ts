/** Bounds that keep every script short and every answer finite. Bytes are of UTF-8. */
export const LIMITS = {
  /** Ids in one call of a script. */
  idsPerCall: 500,
  /** Bytes of envelopes or records in one call. */
  bytesPerCall: 1_048_576,
  /** Bytes of one payload. */
  payloadBytes: 262_144,
  /** Bytes of one result; a larger one is left out of the record. */
  resultBytes: 65_536,
  /** Characters of an error message and of a stack. */
  messageChars: 1_024,
  stackChars: 4_096,
  /** Items of one call that settles, cancels or purges. */
  itemsPerCall: 250,
  /** How far the numbers of the calls of one client in flight on one queue may lie apart; the ring of answers keeps 64. */
  callsInFlight: 32,
} as const

export const DEFAULTS = {
  queue: 'default',
  namespace: 'dq',
  leaseMs: 30_000,
  taskTimeoutMs: 30_000,
  maxRetries: 3,
  idempotencyTtlMs: 86_400_000,
  resultTtlMs: 86_400_000,
  resultMax: 10_000,
  trashMs: 900_000,
  /** How long past its deadline a task is left to a worker that still renews it. */
  deadlineGraceMs: 5_000,
} as const
