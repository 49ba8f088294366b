import { isIP } from 'node:net'

/** Where a server listens. Port 0 lets the system choose one. */
export interface Address {
  readonly host: string
  readonly port: number
}

const ADDRESS = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/

/** Reads `host:port`, `[ipv6]:port` or `:port` (all interfaces); undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const [, ipv6, host, port] = ADDRESS.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) return undefined
  if (ipv6 !== undefined && isIP(ipv6) !== 6) return undefined
  return { host: (ipv6 ?? host) || '0.0.0.0', port: Number(port) }
}

/** Whether only programs on this machine reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

export const addressText = ({ host, port }: Address): string =>
  isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
