import { DqError, type ErrorCode, messageOf } from './errors.ts'

/** What an error reply of Redis means for the caller, by its first word. */
const REPLY_CODES: Readonly<Record<string, ErrorCode>> = {
  OOM: 'out_of_memory',
  NOAUTH: 'credentials',
  WRONGPASS: 'credentials',
  NOPERM: 'credentials',
  READONLY: 'unavailable',
  LOADING: 'unavailable',
  BUSY: 'unavailable',
  MASTERDOWN: 'unavailable',
  CLUSTERDOWN: 'unavailable',
  NOREPLICAS: 'unavailable',
  MISCONF: 'unavailable',
  UNBLOCKED: 'unavailable',
  WRONGTYPE: 'broken_reply',
}

/** Wraps what ioredis threw, once, with a code and its cause. */
export function redisError(error: unknown, address: string): DqError {
  if (error instanceof DqError) return error
  const text = messageOf(error)
  const code = REPLY_CODES[text.split(' ', 1)[0] ?? '']
  if (code === 'out_of_memory')
    return new DqError(
      code,
      `Redis at ${address} has reached maxmemory and refuses new tasks; drain, purge, or raise it`,
      { cause: error },
    )
  if (code === 'credentials')
    return new DqError(code, `Redis at ${address} refused the credentials: ${text}; check user, password and ACL`, {
      cause: error,
    })
  if (code !== undefined) return new DqError(code, `Redis at ${address}: ${text}`, { cause: error })
  if (/^(ERR|-)/.test(text)) return new DqError('broken_reply', `Redis at ${address}: ${text}`, { cause: error })
  if (/timed out/.test(text))
    return new DqError('timeout', `Redis at ${address} did not answer in time`, { cause: error })
  return new DqError('unavailable', `cannot reach Redis at ${address}: ${text || 'connection closed'}`, {
    cause: error,
  })
}
