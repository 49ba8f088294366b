/** Every error the library throws on purpose: its code, the HTTP status that says the same, and what it means. */
export const ERRORS = {
  invalid_input: { status: 422, meaning: 'the caller sent something that cannot be accepted' },
  not_supported: { status: 422, meaning: 'an option that this version does not have' },
  payload_too_large: { status: 413, meaning: 'a payload over the limit' },
  conflict: { status: 409, meaning: 'the id exists with other content' },
  rate_limited: { status: 429, meaning: 'more is enqueued than a limit of the queue or type lets in' },
  not_found: { status: 404, meaning: 'no such thing' },
  no_key: { status: 409, meaning: 'it is encrypted with a key that is not at hand' },
  out_of_memory: { status: 503, meaning: 'Redis has reached its memory limit; running tasks still drain' },
  unavailable: { status: 503, meaning: 'Redis cannot be reached or refuses to serve' },
  credentials: {
    status: 503,
    meaning: 'Redis refused the user, password or permission, or its certificate does not hold',
  },
  format: { status: 503, meaning: 'what is stored has a format that this version does not know' },
  broken_reply: { status: 500, meaning: 'a script answered against its contract: a bug, or mixed versions' },
  timeout: { status: 503, meaning: 'no answer in time' },
} as const satisfies Record<string, { status: number; meaning: string }>

export type ErrorCode = keyof typeof ERRORS

/** An error with a stable `code`; `details` names the offending fields, never values of a payload. */
export class DqError extends Error {
  readonly code: ErrorCode
  readonly details: readonly string[]

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: readonly string[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DqError'
    this.code = code
    this.details = options.details ?? []
  }

  /** Whether waiting mends it, so that the same call may simply be made again. */
  get isTransient(): boolean {
    return this.code === 'timeout' || this.code === 'unavailable'
  }
}

/** Thrown by a handler: the task is dead at once, whatever retries are left. */
export class Discard extends Error {
  constructor(message = 'discarded by its handler', options?: ErrorOptions) {
    super(message, options)
    this.name = 'Discard'
  }
}

/** Thrown by a handler: run the task again after `delay` ms (or a duration such as `'30s'`); no attempt is counted. */
export class Snooze extends Error {
  readonly delay: number | string
  constructor(delay: number | string, message = 'snoozed by its handler') {
    super(message)
    this.name = 'Snooze'
    this.delay = delay
  }
}

/**
 * Thrown by a handler that was refused by what it calls, such as by an answer 429: run the task again after `delay`; no
 * attempt is counted, and where its type has a rate, nothing under that rate starts before.
 */
export class RateLimited extends Error {
  readonly delay: number | string
  constructor(delay: number | string, message = 'refused by what its handler calls') {
    super(message)
    this.name = 'RateLimited'
    this.delay = delay
  }
}

/** @throws RateLimited always. */
export const rateLimited = (delay: number | string): never => {
  throw new RateLimited(delay)
}

/** Why a handler's `signal` was aborted: the `reason` of the AbortSignal. */
export class Aborted extends Error {
  readonly why: 'timeout' | 'cancelled' | 'lease_lost' | 'shutdown'
  constructor(why: 'timeout' | 'cancelled' | 'lease_lost' | 'shutdown', message: string) {
    super(message)
    this.name = 'Aborted'
    this.why = why
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
