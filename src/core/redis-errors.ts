import { DqError, type ErrorCode, messageOf } from './errors.ts'
import { unknownFormat } from './format.ts'

/**
 * What an error reply of Redis means, by its first word. What to do about it follows from the code alone:
 * `unavailable` and `timeout` are repeated as they were (`DqError.isTransient`), `out_of_memory` is refused to the caller
 * while everything but `enqueue` goes on, `credentials` and `format` wait for a person, `broken_reply` stops that one queue.
 */
const REPLY_CODES: Readonly<Record<string, ErrorCode>> = {
  // A primary that is being replaced, started, or kept busy by somebody's script.
  READONLY: 'unavailable',
  LOADING: 'unavailable',
  BUSY: 'unavailable',
  MASTERDOWN: 'unavailable',
  CLUSTERDOWN: 'unavailable',
  TRYAGAIN: 'unavailable',
  MOVED: 'unavailable',
  ASK: 'unavailable',
  NOREPLICAS: 'unavailable',
  UNBLOCKED: 'unavailable',
  // It cannot write to its disk and takes no writes at all until it can.
  MISCONF: 'unavailable',
  OOM: 'out_of_memory',
  NOAUTH: 'credentials',
  WRONGPASS: 'credentials',
  NOPERM: 'credentials',
  // Told by our own scripts, see `lib/clock.lua`.
  FORMAT: 'format',
  // A key of ours holds something else.
  WRONGTYPE: 'broken_reply',
}

/** Redis says this of a script's command that the user may not run, without a word of its own. */
const NOT_ALLOWED = /ACL failure|user executing the script can't/

/** As `keys.ts` builds them. */
const KEY = /^[\w.:-]+:\{[\w.:-]+\}:[\w.:-]*$/

function codeOf(text: string): ErrorCode | undefined {
  if (NOT_ALLOWED.test(text)) return 'credentials'
  return REPLY_CODES[/^-?([A-Z]+)\b/.exec(text)?.[1] ?? '']
}

/** The command that was refused and its first key; nothing else of it, which may be of a payload. */
function refusedCommand(error: unknown): string {
  const { name = 'a command', args = [] } =
    (error as { command?: { name?: string; args?: (string | number)[] } }).command ?? {}
  const first = String((/^eval/i.test(name) ? args[2] : args[0]) ?? '')
  return KEY.test(first) ? `${name.toUpperCase()} on ${first}` : name.toUpperCase()
}

/** Redis does not know the script by its hash: send its text. */
export const isUnknownScript = (error: unknown): boolean => {
  const cause = error instanceof DqError ? error.cause : error
  return messageOf(cause).startsWith('NOSCRIPT')
}

/** What Node says of a certificate that does not hold. */
const UNTRUSTED = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA)/

/** Mended by a person, like credentials. */
function untrusted(error: unknown, address: string): DqError | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string' || !UNTRUSTED.test(code)) return undefined
  const option = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? '--redis-tls-servername' : '--redis-tls-ca'
  const why = `Redis at ${address} cannot be trusted: its certificate does not hold (${messageOf(error)}); check ${option}`
  return new DqError('credentials', why, { cause: error })
}

/** Wraps what ioredis threw, once, with a code and its cause. */
export function redisError(error: unknown, address: string): DqError {
  if (error instanceof DqError) return error
  const known = untrusted(error, address)
  if (known !== undefined) return known
  const text = messageOf(error)
  const code = codeOf(text)
  if (code === 'out_of_memory')
    return new DqError(
      code,
      `Redis at ${address} has reached maxmemory and refuses new tasks; drain, purge, or raise it`,
      { cause: error },
    )
  if (/^-?NOPERM\b/.test(text) || NOT_ALLOWED.test(text))
    return new DqError(
      'credentials',
      `Redis at ${address} does not let its user run ${refusedCommand(error)}: ${text}; dq doctor names what is missing, and deploy/redis/users.acl has the rules of each role`,
      { cause: error },
    )
  if (code === 'credentials')
    return new DqError(
      code,
      `Redis at ${address} refused the credentials: ${text.replace(/\.$/, '')}; check user, password and ACL`,
      {
        cause: error,
      },
    )
  if (code === 'format') return unknownFormat('the queue', /\d+/.exec(text)?.[0] ?? '')
  if (code !== undefined) return new DqError(code, `Redis at ${address}: ${text}`, { cause: error })
  if (/^(ERR|NOSCRIPT|-)/.test(text))
    return new DqError('broken_reply', `Redis at ${address}: ${text}`, { cause: error })
  if (/timed out/.test(text))
    return new DqError('timeout', `Redis at ${address} did not answer in time`, { cause: error })
  return new DqError('unavailable', `cannot reach Redis at ${address}: ${text || 'connection closed'}`, {
    cause: error,
  })
}
