import { isIP } from 'node:net'

const HOST = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::\d+)?$/

/**
 * Whether a request may ask for this Host. A web page can point a name of its own at this machine and so make a browser
 * send requests here; it cannot do that with an address, with `localhost`, or with a name that was allowed.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[]): boolean {
  const [, ipv6, name = ''] = HOST.exec(header ?? '') ?? []
  if (ipv6 !== undefined) return isIP(ipv6) === 6
  const host = name.toLowerCase().replace(/\.$/, '')
  return host === 'localhost' || isIP(host) === 4 || allowed.some((one) => one.toLowerCase() === host)
}
