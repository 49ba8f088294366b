import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isAllowedHost } from '../hosts.ts'
import { HttpError } from './http-error.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A check of the key in a request; both sides are hashed, so that it takes the same time for every key. */
export function keyCheck(key: string): (headers: IncomingHttpHeaders) => boolean {
  const expected = digest(key)
  return (headers) => {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
    const given = headers['x-api-key'] ?? bearer
    return typeof given === 'string' && timingSafeEqual(digest(given), expected)
  }
}

/** @throws HttpError 401 without a key or with a wrong one. */
export function requireKey(isKey: (headers: IncomingHttpHeaders) => boolean, headers: IncomingHttpHeaders): void {
  if (isKey(headers)) return
  const given = headers['x-api-key'] !== undefined || headers.authorization !== undefined
  const message = given ? 'the API key is wrong' : 'this API needs a key, as X-API-Key or as Authorization: Bearer'
  throw new HttpError(401, 'unauthorized', message)
}

/**
 * Keeps web pages out: those that reach this machine under a name of their own, and those that send requests from
 * another origin.
 * @throws HttpError 403
 */
export function refuseForeign(headers: IncomingHttpHeaders, checkHost: boolean, allowedHosts: readonly string[]): void {
  const { host, origin } = headers
  if (checkHost && !isAllowedHost(host, allowedHosts))
    throw new HttpError(
      403,
      'forbidden',
      'this Host is not allowed; ask for localhost or an address, or add the name to --allowed-hosts',
    )
  const site = headers['sec-fetch-site']
  const isForeign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
  if (isForeign || site === 'cross-site')
    throw new HttpError(403, 'forbidden', 'requests of web pages from another origin are not allowed')
}
