import { DqError } from '../errors.ts'
import { LIMITS } from '../limits.ts'
import type { Keyring, Opened } from './keyring.ts'
import { nameOf } from './sealed.ts'

/** A task whose payload is to be stored. */
export interface PayloadOf {
  readonly queue: string
  readonly type: string
  readonly id: string
  /** What makes it unique, hashed, when it may get the id of one that it replaces. */
  readonly replaces?: string | undefined
}

/** How payloads are stored that nobody without a key may read. */
export interface Protection {
  /** @throws DqError `payload_too_large` */
  readonly seal: (json: string, task: PayloadOf) => string
  /** Tells payloads apart. */
  readonly fingerprint: (text: string) => string
}

/** Base64 makes four characters of three bytes: what fits as it is may be too large when it is encrypted. */
export function checkSealedSize(sealed: string): string {
  if (sealed.length <= LIMITS.payloadBytes) return sealed
  throw new DqError(
    'payload_too_large',
    `payload has ${sealed.length} bytes when it is encrypted, the limit is ${LIMITS.payloadBytes}; store it elsewhere and enqueue a reference`,
    { details: ['payload'] },
  )
}

export const protectionOf = (keyring: Keyring | undefined): Protection | undefined =>
  keyring && {
    seal: (json, { queue, type, id, replaces }) => {
      const bound =
        replaces === undefined ? ({ scope: 'i', name: id } as const) : ({ scope: 'u', name: replaces } as const)
      return checkSealedSize(keyring.seal({ field: 'payload', queue, type, ...bound }, json))
    },
    fingerprint: (text) => keyring.fingerprint(text),
  }

/** @param extras of the header of its envelope. */
export const openPayload = (
  keyring: Keyring | undefined,
  sealed: string,
  { queue, type, id }: PayloadOf,
  extras: string,
): Opened =>
  keyring?.open(sealed, { field: 'payload', queue, type, name: nameOf(sealed, id, extras) }) ?? { problem: 'no_key' }
