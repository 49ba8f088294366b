import type { EncryptionOptions, Keyring } from './encryption/keyring.ts'
import { DqError } from './errors.ts'
import { NAME } from './keys.ts'
import { namesOf, refuseUnknown } from './known-options.ts'
import { DEFAULTS } from './limits.ts'
import type { RedisClient } from './redis.ts'

export interface ClientOptions {
  /** Default `redis://127.0.0.1:6379/0`. */
  readonly redisUrl?: string | undefined
  /** An open connection, which `close` leaves open. */
  readonly redis?: RedisClient | undefined
  readonly namespace?: string | undefined
  /** How long an idempotency key outlives the success of its task. */
  readonly idempotencyTtlMs?: number | undefined
  /** Who changes things, for the audit. */
  readonly by?: string | undefined
  /** How long a change is repeated while Redis does not answer; what was done once is not done again. Default 10 s. */
  readonly timeoutMs?: number | undefined
  /** Payloads are encrypted, and `getTask` and `waitFor` open what its keys open. Default: nothing is encrypted. */
  readonly encryption?: EncryptionOptions | Keyring | undefined
}

const OPTIONS = namesOf<ClientOptions>({
  redisUrl: true,
  redis: true,
  namespace: true,
  idempotencyTtlMs: true,
  by: true,
  timeoutMs: true,
  encryption: true,
})
const TIMEOUT_MS = 10_000

/** @throws DqError `invalid_input`, naming the option. */
export function checkClientOptions(options: ClientOptions): {
  readonly namespace: string
  readonly idempotencyTtlMs: number
  readonly timeoutMs: number
} {
  refuseUnknown('Client', options, OPTIONS)
  const {
    namespace = DEFAULTS.namespace,
    idempotencyTtlMs = DEFAULTS.idempotencyTtlMs,
    timeoutMs = TIMEOUT_MS,
  } = options
  if (!NAME.test(namespace))
    throw new DqError('invalid_input', `namespace '${namespace}' has to be letters, digits, . _ : or -`)
  for (const [name, ms] of Object.entries({ idempotencyTtlMs, timeoutMs }))
    if (!Number.isFinite(ms) || ms < 0)
      throw new DqError('invalid_input', `${name} ${ms} has to be a number of ms, 0 or more`)
  return { namespace, idempotencyTtlMs, timeoutMs }
}
