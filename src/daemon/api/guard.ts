import type { IncomingMessage } from 'node:http'
import { includesRole } from '../../core/api-keys.ts'
import { isAllowedHost } from '../hosts.ts'
import { HttpError } from './http-error.ts'
import type { Caller } from './key-ring.ts'
import type { Route } from './route.ts'

/** @throws HttpError 403 that says which role it takes. */
export function requireRole({ role }: Caller, needs: Route['needs']): void {
  if (needs === 'nothing' || includesRole(role, needs)) return
  throw new HttpError(403, 'forbidden', `this takes a key of the role ${needs}, and the role of this one is ${role}`)
}

/**
 * Keeps web pages out: those that reach this machine under a name of their own, and those that send requests from
 * another origin.
 * @throws HttpError 400 without a Host where HTTP asks for one, and with another one in the address that is asked for; 403
 */
export function refuseForeign(
  { headers, httpVersion, url }: Pick<IncomingMessage, 'headers' | 'httpVersion' | 'url'>,
  checkHost: boolean,
  allowedHosts: readonly string[],
): void {
  const { host, origin } = headers
  if (host === undefined && httpVersion !== '1.0') throw new HttpError(400, 'bad_request', 'send the header Host')
  if (url?.startsWith('/') !== true && url !== '*')
    throw new HttpError(400, 'bad_request', 'ask for a path such as /v1/queues; this is no proxy')
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
