import { messageOf } from '../core/errors.ts'
import { StartError } from './start-error.ts'

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'ports below 1024 need privileges',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this name has no address',
}

/** Why a server cannot listen, and which option changes that. */
export function listenError(what: string, address: string, flag: string, cause: unknown): StartError {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  return new StartError(
    `${what} cannot listen on ${address}: ${CAUSES[code] ?? messageOf(cause)}; choose another address with ${flag}`,
    { cause },
  )
}
